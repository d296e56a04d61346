/**
 * Notifier chains: functions that want to hear of events, in order of priority.
 *
 * Blocks are linked in shared memory and name their function by id, so that every CPU calls its own copy of it. Four kinds of
 * chain differ by what protects them while they are walked: notifier_chains.ts. This file is the chain itself, unprotected:
 * the raw kind.
 *
 * Rules    the next block is fetched before a function is called. A block is on one chain, once. Higher priority first, equal
 *          ones in order of registration.
 * Results  NOTIFY_DONE, NOTIFY_OK; with NOTIFY_STOP_MASK the walk ends. An errno travels as notifier_from_errno.
 * Source   kernel/notifier.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import type { Addr } from '../base/addr.ts'
import { EEXIST, ENOENT } from '../base/errno.ts'
import { OpsTable } from '../base/ops.ts'
import { ptr, struct, word } from '../mem/layout.ts'

export const NOTIFY_DONE = 0
export const NOTIFY_OK = 1
export const NOTIFY_STOP_MASK = 0x8000
export const NOTIFY_BAD = NOTIFY_STOP_MASK | 2
export const NOTIFY_STOP = NOTIFY_STOP_MASK | NOTIFY_OK

/** One listener. Embed it in what listens. */
export const notifier_block = struct('notifier_block', {
  /** Id of the function. */
  notifier_call: word,
  next: ptr('notifier_block'),
  priority: word,
})
type Block = Addr<'notifier_block'>
const NEXT = notifier_block.offset.next
const PRIORITY = notifier_block.offset.priority

/** What a chain calls: the block, the event, a word of data. */
export type NotifierFn = (nb: Addr<'notifier_block'>, action: number, data: number) => number

/** Functions by id: `const on_event = notifiers.define('vfio_group', (nb, action, data) => …)`. */
export const notifiers = new OpsTable<NotifierFn>('notifier')

/** A chain without protection: the caller sees to it. */
export const raw_notifier_head = struct('raw_notifier_head', { head: ptr('notifier_block') })
type RawHead = Addr<'raw_notifier_head'>

/** Makes an empty chain. */
export function RAW_INIT_NOTIFIER_HEAD(nh: RawHead): void {
  write(nh, 0)
}

/** Fills a block. @param func id from notifiers.define */
export function notifier_block_init(nb: Block, func: number, priority: number = 0): void {
  write(nb, func)
  write(nb + NEXT, 0)
  write(nb + PRIORITY, priority)
}

/** Adds a block. Returns 0, or -EEXIST if it is on the chain already. */
export function raw_notifier_chain_register(nh: RawHead, nb: Block): number {
  let link: number = nh
  for (let at = read(link); at !== 0; at = read(link)) {
    if (at === nb) return -EEXIST
    if (read(nb + PRIORITY) > read(at + PRIORITY)) break
    link = at + NEXT
  }
  write(nb + NEXT, read(link))
  // order: the block before its link; a walker may be under way (atomic and SRCU chains).
  WRITE_ONCE(link, nb)
  return 0
}

/** Removes a block. Returns 0, or -ENOENT if it is not on the chain. */
export function raw_notifier_chain_unregister(nh: RawHead, nb: Block): number {
  let link: number = nh
  for (let at = read(link); at !== 0; at = read(link)) {
    if (at === nb) {
      WRITE_ONCE(link, read(nb + NEXT))
      return 0
    }
    link = at + NEXT
  }
  return -ENOENT
}

/** Calls every block until one stops. Returns the last result. */
export function raw_notifier_call_chain(nh: RawHead, action: number, data: number): number {
  let result = NOTIFY_DONE
  for (let nb = READ_ONCE(nh); nb !== 0;) {
    const next = READ_ONCE(nb + NEXT)
    result = notifiers.get(read(nb))(nb as Block, action, data)
    if ((result & NOTIFY_STOP_MASK) !== 0) return result
    nb = next
  }
  return result
}

/**
 * raw_notifier_call_chain for an event that can be taken back: if a block stops the walk, those that were called before it
 * hear `undo`. Nobody may change the chain meanwhile.
 */
export function raw_notifier_call_chain_robust(
  nh: RawHead,
  action: number,
  undo: number,
  data: number,
): number {
  let result = NOTIFY_DONE
  for (let nb = READ_ONCE(nh); nb !== 0; nb = READ_ONCE(nb + NEXT)) {
    result = notifiers.get(read(nb))(nb as Block, action, data)
    if ((result & NOTIFY_STOP_MASK) === 0) continue
    for (let back = READ_ONCE(nh); back !== nb; back = READ_ONCE(back + NEXT)) {
      notifiers.get(read(back))(back as Block, undo, data)
    }
    return result
  }
  return result
}

/** Packs a negative errno, or 0, as a result that stops the walk. */
export function notifier_from_errno(err: number): number {
  return err === 0 ? NOTIFY_OK : NOTIFY_STOP_MASK | (NOTIFY_OK - err)
}

/** The negative errno in a result, or 0. */
export function notifier_to_errno(result: number): number {
  const rest = result & ~NOTIFY_STOP_MASK
  return rest > NOTIFY_OK ? NOTIFY_OK - rest : 0
}
