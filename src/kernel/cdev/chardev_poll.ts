/**
 * poll: waiting for one of several events, on several queues at once.
 *
 * A wait queue of sync has one word to sleep on; a poller waits on as many queues as the driver names. So a queue that can
 * be polled also keeps a list of pollers, and each poller sleeps on a word of its own.
 *
 * Lost wake-ups  a poller joins every queue (and counts itself in `pollers`), takes its token before the driver's poll
 *          tests the state, and sleeps on that token. wake_up_poll comes after the state has changed and, with a full barrier
 *          between, reads `pollers`: either the poller saw the state, or it is woken.
 * Rules    one poll per CPU at a time; the queues must outlive it: the open file pins what they live in.
 * Order    queue->lock is a leaf.
 * Context  wake_up_poll: any. poll: may sleep.
 * Source   fs/select.c, include/linux/poll.h
 */
import { fetch_add, fetch_sub, futex_wake, read, READ_ONCE, smp_processor_id, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import {
  alloc_percpu,
  embed,
  guarded_by,
  INIT_LIST_HEAD,
  list_add_tail,
  list_del,
  list_head,
  list_next,
  percpuStride,
  ptr,
  struct,
  word,
  words,
} from '../../mem/index.ts'
import {
  init_waitqueue_head,
  spin_lock,
  spin_lock_init,
  spin_unlock,
  spinlock,
  wait_queue_head,
  wake_up_all,
} from '../../sync/index.ts'

export const POLLIN = 0x1
export const POLLPRI = 0x2
export const POLLOUT = 0x4
export const POLLERR = 0x8
export const POLLHUP = 0x10
export const POLLNVAL = 0x20
export const POLLRDNORM = 0x40
export const POLLRDBAND = 0x80
export const POLLWRNORM = 0x100
export const POLLRDHUP = 0x2000
/** What a driver without a poll of its own answers. */
export const DEFAULT_POLLMASK = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM
/** What a device that is gone answers in every driver of the thread: everything is ready, and nothing will come. */
export const POLL_GONE = POLLIN | POLLRDHUP | POLLOUT | POLLERR | POLLHUP

/** Queues that one poll can wait on. */
const MAX_QUEUES = 4

export const poll_queue = struct('poll_queue', {
  /** For those who wait in read or ioctl. */
  wq: embed(wait_queue_head),
  lock: embed(spinlock),
  entries: guarded_by('queue->lock', embed(list_head)),
  /** Entries of the list. Atomic. */
  pollers: word,
})
export type PollQueue = Addr<'poll_queue'>

const poll_entry = struct('poll_entry', {
  node: guarded_by('queue->lock', embed(list_head)),
  queue: ptr('poll_queue'),
  table: ptr('poll_table'),
})
/** A poll under way. One per CPU. */
export const poll_table = struct('poll_table', {
  /** Counted up by each wake-up; slept on. */
  triggered: word,
  nr: word,
  entries: words(MAX_QUEUES * poll_entry.words),
})
export type PollTable = Addr<'poll_table'>

const { pollers: POLLERS } = poll_queue.offset
const { nr: NR, entries: TABLE_ENTRIES } = poll_table.offset
const { queue: QUEUE, table: TABLE } = poll_entry.offset
const LOCK = poll_queue.at.lock
const HEAD = poll_queue.at.entries
const STRIDE = percpuStride(poll_table.words)

/** Makes the polls of all CPUs. Returns the address for `poll_table_of`, or 0 when the arena is full. */
export function poll_tables_alloc(): number {
  return alloc_percpu(poll_table.words)
}

/** This CPU's poll. */
export function poll_table_of(tables: number): PollTable {
  return as(tables + smp_processor_id() * STRIDE)
}

/** Makes a queue without waiters. */
export function init_poll_queue(queue: PollQueue): void {
  init_waitqueue_head(poll_queue.at.wq(queue))
  spin_lock_init(LOCK(queue), '&wq_head->lock')
  INIT_LIST_HEAD(HEAD(queue))
  write(queue + POLLERS, 0)
}

/** Called by a driver's poll for each queue whose wake-ups matter, before it looks at its state. Table 0: nothing. */
export function poll_wait(queue: PollQueue, table: PollTable): void {
  if (table === 0) return
  const nr = read(table + NR)
  if (nr === MAX_QUEUES) throw new RangeError('poll_wait: too many queues')
  const entry = table + TABLE_ENTRIES + nr * poll_entry.words
  write(table + NR, nr + 1)
  write(entry + QUEUE, queue)
  write(entry + TABLE, table)
  // order: counted before the driver looks at its state; pairs with wake_up_poll.
  fetch_add(queue + POLLERS, 1)
  spin_lock(LOCK(queue))
  list_add_tail(as(entry), HEAD(queue))
  spin_unlock(LOCK(queue))
}

/** Leaves all queues. */
export function poll_freewait(table: PollTable): void {
  for (let i = read(table + NR) - 1; i >= 0; i--) {
    const entry = table + TABLE_ENTRIES + i * poll_entry.words
    const queue = as<'poll_queue'>(read(entry + QUEUE))
    spin_lock(LOCK(queue))
    list_del(as(entry))
    spin_unlock(LOCK(queue))
    fetch_sub(queue + POLLERS, 1)
  }
  write(table + NR, 0)
}

/** Wakes everybody who waits on the queue or polls it. Call it after the state has changed. */
export function wake_up_poll(queue: PollQueue): void {
  wake_up_all(poll_queue.at.wq(queue))
  if (READ_ONCE(queue + POLLERS) === 0) return
  const head = HEAD(queue)
  spin_lock(LOCK(queue))
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const table = read(at + TABLE)
    fetch_add(table, 1)
    futex_wake(table, 1)
  }
  spin_unlock(LOCK(queue))
}
