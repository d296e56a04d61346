/**
 * What is checked when a sequence of locks is new: the same class twice, and circles in the graph.
 *
 * Order    graph lock.
 * Source   Documentation/locking/lockdep-design.rst
 */
import { raw_fetch_add } from '../../mem/raw.ts'
import { saveStack } from '../stack_depot.ts'
import { addChain, hlockId } from './chains.ts'
import type { Context } from './context.ts'
import { graph_lock, graph_unlock, LD } from './globals.ts'
import { addEdge, strengthen, strongPath } from './graph.ts'
import { depthOf, heldLocks, type HeldLock } from './held.ts'
import { reportCircular, reportRecursive } from './report_order.ts'
import { reportLimit } from './report_use.ts'

/**
 * Validates the task's locks with `next` on top, whose chain key is (low, high). Adds the edges if all is well.
 * @returns false after a report
 */
export function validateChain(context: Context, next: HeldLock, low: number, high: number): boolean {
  const { globals, task } = context
  if (!graph_lock(globals)) return false
  try {
    const depth = depthOf(task)
    const limit = addChain(globals, task, depth, hlockId(next.class, next.read), low, high)
    if (limit !== undefined) {
      reportLimit(context, limit)
      return false
    }
    context.flush()
    const held = heldLocks(task)
    const verdict = checkDeadlock(context, held, next)
    return verdict === 'ok' ? checkPrevsAdd(context, held, next) : verdict === 'nested'
  } finally {
    graph_unlock(globals)
  }
}

/** The class of `next` is held already: a report, unless both read or the lock that orders them is held. */
function checkDeadlock(
  context: Context,
  held: readonly HeldLock[],
  next: HeldLock,
): 'ok' | 'nested' | 'reported' {
  let nest = false
  for (const prev of held) {
    if (next.nest !== 0 && prev.lock === next.nest) nest = true
    if (prev.class !== next.class) continue
    if (next.read === 2 && prev.read !== 0) continue
    if (nest) return 'nested'
    reportRecursive(context, next, prev)
    return 'reported'
  }
  return 'ok'
}

/**
 * Adds the edges from the held locks to `next`: from the innermost down to the first one that was not a trylock. What lies
 * below that is connected through it.
 */
function checkPrevsAdd(context: Context, held: readonly HeldLock[], next: HeldLock): boolean {
  for (let i = held.length - 1; i >= 0; i--) {
    const prev = held[i] as HeldLock
    if (!prev.check) continue
    if (!checkPrevAdd(context, prev, next, held.length - i)) return false
    if (!prev.trylock) break
  }
  return true
}

function checkPrevAdd(context: Context, prev: HeldLock, next: HeldLock, distance: number): boolean {
  const { globals } = context
  raw_fetch_add(globals + LD.cyclic_checks, 1)
  const path = strongPath(globals, next, prev)
  if (path !== undefined) {
    if (path.length === 0) reportRecursive(context, next, prev)
    else reportCircular(context, next, prev, path)
    return false
  }
  if (strengthen(globals, prev, next, distance)) return true
  if (addEdge(globals, prev, next, distance, saveStack(context.stack()))) return true
  reportLimit(context, 'MAX_LOCKDEP_ENTRIES')
  return false
}
