/**
 * channel: a bounded queue between any number of senders and receivers, in the order of sending.
 *
 * State    a ring of `capacity` slots of `element` words after the struct; `first` is the oldest, `count` are full. A closed channel
 *          takes nothing more; what is in it can still be received.
 * Invariant  all fields belong to `lock`. Each element that comes wakes one receiver, each slot that becomes free one sender;
 *          closing wakes all.
 * Context  may sleep, for the lock and for the other side.
 * Source   Go's chan (buffered); java.util.concurrent.ArrayBlockingQueue.
 */
import { ktime_get_ns, read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EPIPE, ETIME } from '../base/errno.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { condition, condition_broadcast, condition_signal, condition_wait_under } from './condition.ts'
import {
  mutex,
  mutex_async_try,
  mutex_init,
  mutex_lock_timeout,
  mutex_release,
  mutex_trylock,
} from './mutex.ts'
import { deadline_in, NEVER } from './park.ts'

export const channel = struct('channel', {
  lock: embed(mutex),
  filled: embed(condition),
  emptied: embed(condition),
  first: word,
  count: word,
  closed: word,
  capacity: word,
  element: word,
})
type Channel = Addr<'channel'>
const FILLED = 3 // channel.filled
const EMPTIED = 5 // channel.emptied
const FIRST = 7 // channel.first
const COUNT = 8 // channel.count
const CLOSED = 9 // channel.closed
const CAPACITY = 10 // channel.capacity
const ELEMENT = 11 // channel.element
const WORDS = 12 // channel.words

/** What copies an element, called with the address of its slot, under the lock. */
export type Copy = (slot: number) => void

/** One of the two things that are done with a channel. */
export interface Side {
  /** Condition that it waits for, and the one that it signals. */
  readonly waits: number
  readonly signals: number
  /** 1 if it can be done now, 0 if not, -EPIPE if it never can. */
  readonly ready: (c: Channel) => number
  /** Does it. */
  readonly move: (c: Channel, copy: Copy) => void
}

export const sending: Side = {
  waits: EMPTIED,
  signals: FILLED,
  ready: (c) => (read(c + CLOSED) !== 0 ? -EPIPE : Number(read(c + COUNT) < read(c + CAPACITY))),
  move(c, put) {
    const count = read(c + COUNT)
    put(slot(c, read(c + FIRST) + count))
    write(c + COUNT, count + 1)
  },
}

export const receiving: Side = {
  waits: FILLED,
  signals: EMPTIED,
  ready: (c) => (read(c + COUNT) > 0 ? 1 : read(c + CLOSED) === 0 ? 0 : -EPIPE),
  move(c, take) {
    const first = read(c + FIRST)
    take(slot(c, first))
    write(c + FIRST, (first + 1) % read(c + CAPACITY))
    write(c + COUNT, read(c + COUNT) - 1)
  },
}

/** Makes an empty channel; channel_words says how much room it needs. */
export function channel_init(c: Channel, capacity: number, element: number): void {
  mutex_init(lock_of(c), 'channel->lock')
  for (let i = FILLED; i < CAPACITY; i++) write(c + i, 0)
  write(c + CAPACITY, capacity)
  write(c + ELEMENT, element)
}

/** Words of a channel for that many elements of that many words. */
export function channel_words(capacity: number, element: number): number {
  return WORDS + capacity * element
}

/** Sends an element. Returns 0; -ETIME if there was no room for `timeoutNs`; -EPIPE if the channel is closed. */
export function channel_send(c: Channel, put: Copy, timeoutNs: number = NEVER): number {
  return channel_move(c, sending, put, timeoutNs)
}

/** Receives the oldest element. Returns 0; -ETIME if there was none for `timeoutNs`; -EPIPE if it is closed and empty. */
export function channel_receive(c: Channel, take: Copy, timeoutNs: number = NEVER): number {
  return channel_move(c, receiving, take, timeoutNs)
}

/** Closes it, once or several times: senders fail from now on, receivers when it is empty. Returns false if it was closed. */
export function channel_close(c: Channel): boolean {
  take_lock(lock_of(c))
  const was = read(c + CLOSED)
  write(c + CLOSED, 1)
  condition_broadcast(as(c + FILLED))
  condition_broadcast(as(c + EMPTIED))
  mutex_release(lock_of(c))
  return was === 0
}

/** True if it has been closed. */
export function channel_is_closed(c: Channel): boolean {
  return read(c + CLOSED) !== 0
}

/** Elements in it at this moment: a hint. */
export function channel_count(c: Channel): number {
  return read(c + COUNT)
}

/** Elements it can hold; 0 if it was never made. */
export function channel_capacity(c: Channel): number {
  return read(c + CAPACITY)
}

/**
 * Sends or receives an element within `timeoutNs`. Returns 0, -ETIME, or -EPIPE as channel_send and channel_receive do.
 * @param mayBlock false in a thread that must not: then, with a time-out of 0, it does not even wait for the lock
 */
export function channel_move(
  c: Channel,
  side: Side,
  copy: Copy,
  timeoutNs: number,
  mayBlock: boolean = true,
): number {
  if (mayBlock) take_lock(lock_of(c))
  else if (!mutex_trylock(lock_of(c))) return -ETIME
  return channel_move_locked(c, side, copy, deadline_in(timeoutNs))
}

/** Takes the lock for one that waits asynchronously. Returns 0, or what the word of the lock at `c` holds: wait for a change of it. */
export function channel_lock_async(c: Channel): number {
  return mutex_trylock(lock_of(c)) ? 0 : mutex_async_try(lock_of(c))
}

/** channel_move until `deadline` with the lock, which it gives back. */
export function channel_move_locked(c: Channel, side: Side, copy: Copy, deadline: number): number {
  let is = side.ready(c)
  while (is === 0 && deadline > ktime_get_ns()) {
    condition_wait_under(as(c + side.waits), lock_of(c), mutex_release, take_lock, deadline)
    is = side.ready(c)
  }
  if (is > 0) {
    side.move(c, copy)
    condition_signal(as(c + side.signals))
  }
  mutex_release(lock_of(c))
  return is === 0 ? -ETIME : Math.min(is, 0)
}

function lock_of(c: Channel): Addr<'mutex'> {
  return as(c)
}

// Nobody but these functions has the lock: it is never taken twice, and never given back by a stranger.
function take_lock(lock: Addr<'mutex'>): void {
  mutex_lock_timeout(lock, NEVER)
}

function slot(c: Channel, index: number): number {
  return c + WORDS + (index % read(c + CAPACITY)) * read(c + ELEMENT)
}
