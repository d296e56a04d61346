/**
 * mcs_lock: a spinlock whose waiters form a queue and each poll a word of their own. Kept to be measured, not to be used.
 *
 * Why not   it spares the lock's cache line, and it is FIFO: see ticket_lock.ts for what that costs with more threads than
 *           cores. Like there, a waiter sleeps in slices once it has polled for 1 to 3 µs.
 * State     tail: the last node of the queue, 0 free. A node is two words: the next node, and 1 once it is its turn.
 *           Nodes are in the task_struct, six of them, so a task may hold six mcs_locks; memories without tasks have none.
 *           node: the holder's node, 0 nobody's, or nobody's yet; written by the holder only.
 * Context   any. The holder must not sleep. Arena only.
 * Source    kernel/locking/mcs_spinlock.h; Mellor-Crummey & Scott, 1991
 */
import * as access from '#access'
import {
  LOCK_SPINS,
  LOCK_WRITE,
  trace_lock_acquire,
  trace_lock_acquired,
  trace_lock_contended,
  trace_lock_init,
  trace_lock_release,
} from '#trace'
import type { Addr } from '../base/addr.ts'
import { struct, word } from '../mem/layout.ts'
import { BLOCKED_MCS, clear_blocked, set_blocked, task_struct } from '../mem/task.ts'

const { cmpxchg, cpu_relax, current_task, futex_wait, READ_ONCE, read, SPIN_POLLS, write, WRITE_ONCE, xchg } =
  access

export const mcs_lock = struct('mcs_lock', { tail: word, node: word, dep_map: word })
type McsLock = Addr<'mcs_lock'>
const NODE = mcs_lock.offset.node
const DEP_MAP = mcs_lock.offset.dep_map
/** In wait_node: a mask of nodes in use, then the nodes. Word 0 belongs to park.ts, 14 and 15 to ww_mutex.ts. */
const USED = task_struct.offset.wait_node + 1
const NODES = task_struct.offset.wait_node + 2
const ALL_USED = 0x3f
const NEXT = 0
const TURN = 1
const NAP_NS = 50_000

/** Makes a free lock. `name` is the text of the init site. */
export function mcs_lock_init(lock: McsLock, name: string): void {
  for (let i = 0; i < mcs_lock.words; i++) write(lock + i, 0)
  trace_lock_init(lock, lock + DEP_MAP, name, LOCK_SPINS)
}

/** Joins the queue and waits for its turn. */
export function mcs_spin_lock(lock: McsLock): void {
  trace_lock_acquire(lock, lock + DEP_MAP, 0, false, LOCK_WRITE, 0)
  const node = take_node()
  const before = xchg(lock, node)
  if (before !== 0) wait_behind(lock, before, node)
  write(lock + NODE, node)
  trace_lock_acquired(lock)
}

/** Takes the lock if nobody holds it. Returns true if it did. */
export function mcs_spin_trylock(lock: McsLock): boolean {
  const node = take_node()
  if (cmpxchg(lock, 0, node) !== 0) {
    give_node(node)
    return false
  }
  write(lock + NODE, node)
  trace_lock_acquire(lock, lock + DEP_MAP, 0, true, LOCK_WRITE, 0)
  trace_lock_acquired(lock)
  return true
}

/** Lets the next in the queue go. */
export function mcs_spin_unlock(lock: McsLock): void {
  trace_lock_release(lock, lock + DEP_MAP)
  const node = read(lock + NODE)
  write(lock + NODE, 0)
  if (READ_ONCE(node + NEXT) === 0 && cmpxchg(lock, node, 0) === node) {
    give_node(node)
    return
  }
  // Somebody has taken the tail and is about to link himself behind us.
  let next = READ_ONCE(node + NEXT)
  for (let polls = 1; next === 0; next = READ_ONCE(node + NEXT), polls++) {
    cpu_relax()
    if (polls > SPIN_POLLS) futex_wait(node + NEXT, 0, NAP_NS)
  }
  WRITE_ONCE(next + TURN, 1)
  give_node(node)
}

function wait_behind(lock: McsLock, before: number, node: number): void {
  trace_lock_contended(lock)
  WRITE_ONCE(before + NEXT, node)
  set_blocked(lock, BLOCKED_MCS)
  for (let polls = 1; READ_ONCE(node + TURN) === 0; polls++) {
    cpu_relax()
    if (polls > SPIN_POLLS) futex_wait(node + TURN, 0, NAP_NS)
  }
  clear_blocked()
}

function take_node(): number {
  const task = current_task()
  const used = task === 0 ? ALL_USED : read(task + USED)
  if (used === ALL_USED) throw new RangeError('mcs_lock: no node left in this task')
  const index = 31 - Math.clz32(~used & (used + 1))
  write(task + USED, used | (1 << index))
  const node = task + NODES + 2 * index
  write(node + NEXT, 0)
  write(node + TURN, 0)
  return node
}

function give_node(node: number): void {
  const task = current_task()
  const index = (node - task - NODES) >> 1
  write(task + USED, read(task + USED) & ~(1 << index))
}
