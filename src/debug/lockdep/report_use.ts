/**
 * Reports about the use of single locks: given back but not held, freed or left behind while held, taken where it must not
 * be, never initialised; and about tables that are full.
 *
 * Source   kernel/locking/lockdep.c (formats of 6.1; recorded transcripts)
 */
import { pointer, taskOf } from '../format.ts'
import { keyName } from '../lock_class.ts'
import { callerOf, frameText } from '../stack.ts'
import { backtrace, debug_locks_off, header, keep, type Context } from './context.ts'
import type { HeldLock } from './held.ts'
import { heldInfo, heldLines, lockInfo, lockText } from './print.ts'

const OFF = 'turning off the locking correctness validator.'

function finish(context: Context, title: string, text: string[], data: Record<string, unknown> = {}): void {
  const { globals, cpu } = context
  keep(context, title, text, { ...data, held: heldInfo(globals, cpu), stack: context.stack() })
}

/** A lock is given back that the task does not hold. `dep` is the value of its dep_map, 0 if unknown. */
export function reportBadUnlock(context: Context, lock: number, dep: number): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const text = [
    ...header('bad unlock balance detected!'),
    `${taskOf(context.cpu)} is trying to release lock (${keyName(dep)}) at:`,
    `[<(____ptrval____)>] ${callerText(context)}`,
    'but there are no more locks to release!',
    '',
    'other info that might help us debug this:',
    ...heldLines(context.globals, context.cpu),
    ...backtrace(context),
  ]
  finish(context, 'bad unlock balance detected!', text, { lock: { address: lock, name: keyName(dep) } })
}

function callerText(context: Context): string {
  const caller = callerOf(context.stack())
  return caller === undefined ? '?' : frameText(caller)
}

function lastByte(end: number): string {
  return (end * 4 - 1).toString(16).padStart(16, '0')
}

/** Memory is freed, or initialised again, that contains a held lock. */
export function reportHeldFreed(context: Context, held: HeldLock, from: number, words: number): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const range = `${pointer(from)}-${lastByte(from + words)}`
  const text = [
    ...header('held lock freed!'),
    `${taskOf(cpu)} is freeing memory ${range}, with a lock still held there!`,
    lockText(globals, held),
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ]
  finish(context, 'held lock freed!', text, { lock: lockInfo(globals, held), from, words })
}

/** The task ends with locks held. */
export function reportExit(context: Context): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const title = `${taskOf(cpu)} still has locks held!`
  finish(context, title, [...header(title), ...heldLines(globals, cpu), ...backtrace(context)])
}

/** A system call ends with locks held. */
export function reportSysExit(context: Context): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const title = 'lock held when returning to user space!'
  const text = [
    ...header(title),
    `${taskOf(cpu)} is leaving the kernel with locks still held!`,
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ]
  finish(context, title, text)
}

/** A lock that sleeps is taken under one that spins. */
export function reportWaitContext(context: Context, next: HeldLock): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const [, ...trace] = backtrace(context)
  const text = [
    ...header('[ BUG: Invalid wait context ]', ''),
    `${taskOf(cpu)} is trying to lock:`,
    lockText(globals, next),
    'other info that might help us debug this:',
    'context-{4:4}',
    ...heldLines(globals, cpu),
    ...trace,
  ]
  finish(context, 'Invalid wait context', text, { trying: lockInfo(globals, next) })
}

/** A lock is taken that no checker saw being initialised. */
export function reportNonStaticKey(context: Context, lock: number): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const [, , ...trace] = backtrace(context)
  const text = [
    'INFO: trying to register non-static key.',
    'The code is fine but needs lockdep annotation, or maybe',
    "you didn't initialize this object before use?",
    OFF,
    ...trace,
  ]
  finish(context, 'trying to register non-static key.', text, { lock: { address: lock } })
}

/** A subclass is out of range. */
export function reportSubclass(context: Context, subclass: number): void {
  if (!debug_locks_off(context.globals)) return
  const [, , ...trace] = backtrace(context)
  const title = `looking up invalid subclass: ${subclass}`
  finish(context, title, [`BUG: ${title}`, OFF, ...trace])
}

/** A table is full: nothing can be checked from here on. `what` is the kernel's name of the limit. */
export function reportLimit(context: Context, what: string): void {
  if (!debug_locks_off(context.globals)) return
  context.flush()
  const { globals, cpu } = context
  const title = `${what} too low!`
  const [, , ...trace] = backtrace(context)
  finish(context, title, [`BUG: ${title}`, OFF, ...heldLines(globals, cpu), ...trace])
}
