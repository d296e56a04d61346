/**
 * Notifier chains with their protection built in.
 *
 *   kind       registration under   walk under         a function may sleep   unregister from inside a function
 *   atomic     spinlock             SRCU reader        no                     waits for itself
 *   blocking   rwsem, writing       rwsem, reading     yes                    waits for itself
 *   srcu       mutex                SRCU reader        yes                    waits for itself
 *   raw        nothing              nothing            as the caller says     works (notifier.ts)
 *
 * After unregister has returned, the function is not running and will not run again.
 * Linux walks atomic chains under plain RCU, which we do not have: they carry an SRCU domain of their own, so they must be
 * initialised at run time and cleaned up, as srcu chains must.
 * Source   kernel/notifier.c
 */
import { might_sleep } from '#trace'
import type { Addr } from '../base/addr.ts'
import { embed, struct } from '../mem/layout.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from './mutex.ts'
import {
  RAW_INIT_NOTIFIER_HEAD,
  raw_notifier_call_chain,
  raw_notifier_call_chain_robust,
  raw_notifier_chain_register,
  raw_notifier_chain_unregister,
  raw_notifier_head,
} from './notifier.ts'
import { down_read, down_write, init_rwsem, rw_semaphore, up_read, up_write } from './rwsem.ts'
import { spin_lock, spin_lock_init, spin_unlock, spinlock } from './spinlock.ts'
import {
  cleanup_srcu_struct,
  init_srcu_struct,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_struct,
  synchronize_srcu,
} from './srcu.ts'

type Block = Addr<'notifier_block'>

export const atomic_notifier_head = struct('atomic_notifier_head', {
  lock: embed(spinlock),
  chain: embed(raw_notifier_head),
  srcu: embed(srcu_struct),
})
type AtomicHead = Addr<'atomic_notifier_head'>
const atomic = atomic_notifier_head.at

/** Makes an empty chain. Returns 0 or -ENOMEM. */
export function ATOMIC_INIT_NOTIFIER_HEAD(nh: AtomicHead, name: string): number {
  spin_lock_init(atomic.lock(nh), `&(${name})->lock`)
  RAW_INIT_NOTIFIER_HEAD(atomic.chain(nh))
  return init_srcu_struct(atomic.srcu(nh), name)
}

/** Ends an atomic chain. Returns what cleanup_srcu_struct returns. */
export function atomic_cleanup_notifier_head(nh: AtomicHead): number {
  return cleanup_srcu_struct(atomic.srcu(nh))
}

/** Adds a block. Returns 0 or -EEXIST. */
export function atomic_notifier_chain_register(nh: AtomicHead, nb: Block): number {
  spin_lock(atomic.lock(nh))
  const error = raw_notifier_chain_register(atomic.chain(nh), nb)
  spin_unlock(atomic.lock(nh))
  return error
}

/** Removes a block and waits for walks that may be in it. Returns 0 or -ENOENT. */
export function atomic_notifier_chain_unregister(nh: AtomicHead, nb: Block): number {
  spin_lock(atomic.lock(nh))
  const error = raw_notifier_chain_unregister(atomic.chain(nh), nb)
  spin_unlock(atomic.lock(nh))
  synchronize_srcu(atomic.srcu(nh))
  return error
}

/** Calls the blocks. They must not sleep. */
export function atomic_notifier_call_chain(nh: AtomicHead, action: number, data: number): number {
  const idx = srcu_read_lock(atomic.srcu(nh))
  const result = raw_notifier_call_chain(atomic.chain(nh), action, data)
  srcu_read_unlock(atomic.srcu(nh), idx)
  return result
}

export const blocking_notifier_head = struct('blocking_notifier_head', {
  rwsem: embed(rw_semaphore),
  chain: embed(raw_notifier_head),
})
type BlockingHead = Addr<'blocking_notifier_head'>
const blocking = blocking_notifier_head.at

/** Makes an empty chain. */
export function BLOCKING_INIT_NOTIFIER_HEAD(nh: BlockingHead, name: string): void {
  init_rwsem(blocking.rwsem(nh), `&(${name})->rwsem`)
  RAW_INIT_NOTIFIER_HEAD(blocking.chain(nh))
}

/** Adds a block. Returns 0 or -EEXIST. Not from inside a function of the chain. */
export function blocking_notifier_chain_register(nh: BlockingHead, nb: Block): number {
  down_write(blocking.rwsem(nh))
  const error = raw_notifier_chain_register(blocking.chain(nh), nb)
  up_write(blocking.rwsem(nh))
  return error
}

/** Removes a block. Returns 0 or -ENOENT. Not from inside a function of the chain: it would wait for itself. */
export function blocking_notifier_chain_unregister(nh: BlockingHead, nb: Block): number {
  down_write(blocking.rwsem(nh))
  const error = raw_notifier_chain_unregister(blocking.chain(nh), nb)
  up_write(blocking.rwsem(nh))
  return error
}

/** Calls the blocks; they may sleep. */
export function blocking_notifier_call_chain(nh: BlockingHead, action: number, data: number): number {
  might_sleep()
  down_read(blocking.rwsem(nh))
  const result = raw_notifier_call_chain(blocking.chain(nh), action, data)
  up_read(blocking.rwsem(nh))
  return result
}

/** blocking_notifier_call_chain for an event that can be taken back with `undo`. */
export function blocking_notifier_call_chain_robust(
  nh: BlockingHead,
  action: number,
  undo: number,
  data: number,
): number {
  might_sleep()
  down_read(blocking.rwsem(nh))
  const result = raw_notifier_call_chain_robust(blocking.chain(nh), action, undo, data)
  up_read(blocking.rwsem(nh))
  return result
}

export const srcu_notifier_head = struct('srcu_notifier_head', {
  mutex: embed(mutex),
  chain: embed(raw_notifier_head),
  srcu: embed(srcu_struct),
})
type SrcuHead = Addr<'srcu_notifier_head'>
const srcu = srcu_notifier_head.at

/** Makes an empty chain. Returns 0 or -ENOMEM. */
export function srcu_init_notifier_head(nh: SrcuHead, name: string): number {
  mutex_init(srcu.mutex(nh), `&(${name})->mutex`)
  RAW_INIT_NOTIFIER_HEAD(srcu.chain(nh))
  return init_srcu_struct(srcu.srcu(nh), name)
}

/** Ends an srcu chain. Returns what cleanup_srcu_struct returns. */
export function srcu_cleanup_notifier_head(nh: SrcuHead): number {
  return cleanup_srcu_struct(srcu.srcu(nh))
}

/** Adds a block. Returns 0 or -EEXIST. */
export function srcu_notifier_chain_register(nh: SrcuHead, nb: Block): number {
  mutex_lock(srcu.mutex(nh))
  const error = raw_notifier_chain_register(srcu.chain(nh), nb)
  mutex_unlock(srcu.mutex(nh))
  return error
}

/** Removes a block and waits for walks that may be in it. Returns 0 or -ENOENT. */
export function srcu_notifier_chain_unregister(nh: SrcuHead, nb: Block): number {
  mutex_lock(srcu.mutex(nh))
  const error = raw_notifier_chain_unregister(srcu.chain(nh), nb)
  mutex_unlock(srcu.mutex(nh))
  synchronize_srcu(srcu.srcu(nh))
  return error
}

/** Calls the blocks; they may sleep. */
export function srcu_notifier_call_chain(nh: SrcuHead, action: number, data: number): number {
  const idx = srcu_read_lock(srcu.srcu(nh))
  const result = raw_notifier_call_chain(srcu.chain(nh), action, data)
  srcu_read_unlock(srcu.srcu(nh), idx)
  return result
}
