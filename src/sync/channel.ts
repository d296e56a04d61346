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
import type { Addr } from '../base/addr.ts'
import { EAGAIN, EPIPE, ETIME } from '../base/errno.ts'
import { embed, struct, word } from '../mem/layout.ts'
import {
  condition,
  condition_broadcast,
  condition_init,
  condition_signal,
  condition_wait_under,
} from './condition.ts'
import { mutex, mutex_init, mutex_lock_timeout, mutex_release, mutex_trylock } from './mutex.ts'
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
const { at } = channel
const { first: FIRST, count: COUNT, closed: CLOSED, capacity: CAPACITY, element: ELEMENT } = channel.offset

/** What copies an element, called with the address of its slot, under the lock. */
export type Copy = (slot: number) => void

/** Makes an empty channel; channel_words says how much room it needs. */
export function channel_init(c: Channel, capacity: number, element: number): void {
  mutex_init(at.lock(c), 'channel->lock')
  condition_init(at.filled(c))
  condition_init(at.emptied(c))
  write(c + FIRST, 0)
  write(c + COUNT, 0)
  write(c + CLOSED, 0)
  write(c + CAPACITY, capacity)
  write(c + ELEMENT, element)
}

/** Words of a channel for that many elements of that many words. */
export function channel_words(capacity: number, element: number): number {
  return channel.words + capacity * element
}

/** Sends an element. Returns 0; -ETIME if there was no room for `timeoutNs`; -EPIPE if the channel is closed. */
export function channel_send(c: Channel, put: Copy, timeoutNs: number = NEVER): number {
  take_lock(at.lock(c))
  const error = wait_for(c, at.emptied(c), has_room, deadline_in(timeoutNs))
  return error === 0 ? fill(c, put) : leave(c, error)
}

/** Receives the oldest element. Returns 0; -ETIME if there was none for `timeoutNs`; -EPIPE if it is closed and empty. */
export function channel_receive(c: Channel, take: Copy, timeoutNs: number = NEVER): number {
  take_lock(at.lock(c))
  const error = wait_for(c, at.filled(c), has_element, deadline_in(timeoutNs))
  return error === 0 ? empty(c, take) : leave(c, error)
}

/** channel_send for a thread that must not block. Returns 0, -EAGAIN if it would have to wait, -EPIPE. */
export function channel_try_send(c: Channel, put: Copy): number {
  if (!mutex_trylock(at.lock(c))) return -EAGAIN
  const ready = has_room(c)
  return ready > 0 ? fill(c, put) : leave(c, ready === 0 ? -EAGAIN : ready)
}

/** channel_receive for a thread that must not block. Returns 0, -EAGAIN if it would have to wait, -EPIPE. */
export function channel_try_receive(c: Channel, take: Copy): number {
  if (!mutex_trylock(at.lock(c))) return -EAGAIN
  const ready = has_element(c)
  return ready > 0 ? empty(c, take) : leave(c, ready === 0 ? -EAGAIN : ready)
}

/** Closes it, once or several times: senders fail from now on, receivers when it is empty. Returns false if it was closed. */
export function channel_close(c: Channel): boolean {
  take_lock(at.lock(c))
  const was = read(c + CLOSED)
  write(c + CLOSED, 1)
  condition_broadcast(at.filled(c))
  condition_broadcast(at.emptied(c))
  mutex_release(at.lock(c))
  return was === 0
}

/** 1, 0, or -EPIPE if there will never be room. */
function has_room(c: Channel): number {
  if (read(c + CLOSED) !== 0) return -EPIPE
  return read(c + COUNT) < read(c + CAPACITY) ? 1 : 0
}

/** 1, 0, or -EPIPE if there will never be an element. */
function has_element(c: Channel): number {
  if (read(c + COUNT) > 0) return 1
  return read(c + CLOSED) === 0 ? 0 : -EPIPE
}

function wait_for(
  c: Channel,
  changed: Addr<'condition'>,
  ready: (c: Channel) => number,
  deadline: number,
): number {
  for (;;) {
    const is = ready(c)
    if (is !== 0) return Math.min(is, 0)
    if (deadline <= ktime_get_ns()) return -ETIME
    condition_wait_under(changed, at.lock(c), mutex_release, take_lock, deadline)
  }
}

// Nobody but these functions has the lock: it is never taken twice, and never given back by a stranger.
function take_lock(lock: Addr<'mutex'>): void {
  mutex_lock_timeout(lock, NEVER)
}

function slot(c: Channel, index: number): number {
  return c + channel.words + (index % read(c + CAPACITY)) * read(c + ELEMENT)
}

function fill(c: Channel, put: Copy): number {
  const count = read(c + COUNT)
  put(slot(c, read(c + FIRST) + count))
  write(c + COUNT, count + 1)
  condition_signal(at.filled(c))
  return leave(c, 0)
}

function empty(c: Channel, take: Copy): number {
  const first = read(c + FIRST)
  take(slot(c, first))
  write(c + FIRST, (first + 1) % read(c + CAPACITY))
  write(c + COUNT, read(c + COUNT) - 1)
  condition_signal(at.emptied(c))
  return leave(c, 0)
}

function leave(c: Channel, result: number): number {
  mutex_release(at.lock(c))
  return result
}
