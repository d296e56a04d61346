/**
 * Reports about the order of locks: circular, recursive, nested without its outer lock.
 *
 * Source   kernel/locking/lockdep.c (formats of 6.1 and 6.4; recorded transcripts)
 */
import { taskOf } from '../format.ts'
import { className, keyName } from '../lock_class.ts'
import { frameText, type Frame } from '../stack.ts'
import { loadStack } from '../stack_depot.ts'
import { backtrace, debug_locks_off, header, keep, type Context } from './context.ts'
import { FLAG_RLOCK, hasFlag } from './globals.ts'
import type { Edge } from './graph.ts'
import type { HeldLock } from './held.ts'
import { classText, heldInfo, heldLines, lockInfo, lockText } from './print.ts'

const CIRCULAR = 'possible circular locking dependency detected'
const RECURSIVE = 'possible recursive locking detected'
const NOT_NESTED = 'Nested lock was not taken'
const CPU1 = ' '.repeat(31)

function tryingLines({ globals, cpu }: Context, next: HeldLock, prev: HeldLock): string[] {
  return [
    `${taskOf(cpu)} is trying to acquire lock:`,
    lockText(globals, next),
    '',
    'but task is already holding lock:',
    lockText(globals, prev),
    '',
  ]
}

function entryLines(globals: number, level: number, cls: number, stack: readonly Frame[]): string[] {
  const frames = stack.map((frame) => `       ${frameText(frame)}`)
  return ['', `-> #${level} ${classText(globals, cls)}:`, ...frames]
}

function verb(globals: number, held: HeldLock): string {
  if (!hasFlag(globals, FLAG_RLOCK)) return 'lock'
  return held.read !== 0 ? 'rlock' : held.sync ? 'sync' : 'lock'
}

function scenario(globals: number, next: HeldLock, prev: HeldLock, parent: number): string[] {
  const chain =
    parent === next.class
      ? []
      : ['Chain exists of:', `  ${[next.class, parent, prev.class].map(className).join(' --> ')}`, '']
  return [
    ...chain,
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0                    CPU1',
    '       ----                    ----',
    `  ${verb(globals, prev)}(${className(prev.class)});`,
    `${CPU1}lock(${className(parent)});`,
    `${CPU1}lock(${className(prev.class)});`,
    `  ${verb(globals, next)}(${className(next.class)});`,
    '',
    ' *** DEADLOCK ***',
    '',
  ]
}

/** `path`: the edges from `next` to `prev`, at least one; `next` is being taken while `prev` is held. */
export function reportCircular(
  context: Context,
  next: HeldLock,
  prev: HeldLock,
  path: readonly Edge[],
): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const entries = path.map((edge, i) => ({ level: i + 1, class: edge.to, stack: loadStack(edge.stack) }))
  const chain = [...entries.toReversed(), { level: 0, class: next.class, stack: context.stack() }]
  const parent = path.at(-1)?.from ?? next.class
  const text = [
    ...header(CIRCULAR),
    ...tryingLines(context, next, prev),
    'which lock already depends on the new lock.',
    '',
    '',
    'the existing dependency chain (in reverse order) is:',
    ...chain.flatMap((entry) => entryLines(globals, entry.level, entry.class, entry.stack)),
    '',
    'other info that might help us debug this:',
    '',
    ...scenario(globals, next, prev, parent),
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ]
  keep(context, CIRCULAR, text, {
    trying: lockInfo(globals, next),
    holding: lockInfo(globals, prev),
    chain: chain.map((entry) => ({ name: className(entry.class), stack: entry.stack })),
    held: heldInfo(globals, cpu),
    stack: context.stack(),
  })
}

/** The class of `next` is held already, by `prev`. */
export function reportRecursive(context: Context, next: HeldLock, prev: HeldLock): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const text = [
    ...header(RECURSIVE),
    ...tryingLines(context, next, prev),
    'other info that might help us debug this:',
    ' Possible unsafe locking scenario:',
    '',
    '       CPU0',
    '       ----',
    `  lock(${className(prev.class)});`,
    `  lock(${className(next.class)});`,
    '',
    ' *** DEADLOCK ***',
    '',
    ' May be due to missing lock nesting notation',
    '',
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ]
  keep(context, RECURSIVE, text, {
    trying: lockInfo(globals, next),
    holding: lockInfo(globals, prev),
    held: heldInfo(globals, cpu),
    stack: context.stack(),
  })
}

/** The outer lock that `next` names is not held. `nestDep` is the dep_map of that lock, 0 if unknown. */
export function reportNotNested(context: Context, next: HeldLock, nestDep: number): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const text = [
    ...header(NOT_NESTED),
    `${taskOf(cpu)} is trying to lock:`,
    lockText(globals, next),
    '',
    'but this task is not holding:',
    keyName(nestDep),
    ...backtrace(context),
    '',
    'other info that might help us debug this:',
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ]
  keep(context, NOT_NESTED, text, {
    trying: lockInfo(globals, next),
    held: heldInfo(globals, cpu),
    stack: context.stack(),
  })
}
