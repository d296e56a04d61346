/**
 * Locks and lists of held locks as text.
 *
 * Source   kernel/locking/lockdep.c (formats; recorded transcripts)
 */
import { counted } from '../../base/plural.ts'
import { raw_attach, raw_read } from '../../mem/raw.ts'
import { pointer, taskOf } from '../format.ts'
import { CLASS, classAt, className, usageChars, waitType } from '../lock_class.ts'
import { frameText, type Frame } from '../stack.ts'
import { frameById } from '../stack_depot.ts'
import { debug_locks, FLAG_WAIT_TYPES, hasFlag, LD, lockdep_root } from './globals.ts'
import { heldLocks, heldOf, type HeldLock } from './held.ts'

/** A lock as a report shows it; also its form as data. */
export interface LockInfo {
  readonly address: number
  readonly name: string
  /** Four characters of usage. */
  readonly usage: string
  /** Outer and inner wait type; absent in reports of 2019. */
  readonly wait?: number
  /** Where it was taken. */
  readonly at?: Frame
  /** `write`, `read` or `recursive read`. */
  readonly mode: string
}

/** What lists of held locks say after the report that was the last. */
export const LOCKDEP_OFF = 'INFO: lockdep is turned off.'

const MODES = ['write', 'read', 'recursive read'] as const

/** `name){usage}-{o:i}` without its opening bracket. */
export function classText(globals: number, cls: number): string {
  const at = classAt(cls)
  const wait = waitType(raw_read(at + CLASS.kind))
  const types = hasFlag(globals, FLAG_WAIT_TYPES) ? `-{${wait}:${wait}}` : ''
  return `(${className(cls)}){${usageChars(raw_read(at + CLASS.usage))}}${types}`
}

/** `address (name){usage}-{o:i}, at: symbol [module]`. */
export function lockText(globals: number, held: HeldLock): string {
  const frame = frameById(held.ip)
  const where = frame === undefined ? '(running)' : frameText(frame)
  return `${pointer(held.lock)} ${classText(globals, held.class)}, at: ${where}`
}

/** The lock as data. */
export function lockInfo(globals: number, held: HeldLock): LockInfo {
  const at = classAt(held.class)
  const frame = frameById(held.ip)
  return {
    address: held.lock,
    name: className(held.class),
    usage: usageChars(raw_read(at + CLASS.usage)),
    ...(hasFlag(globals, FLAG_WAIT_TYPES) && { wait: waitType(raw_read(at + CLASS.kind)) }),
    ...(frame && { at: frame }),
    mode: MODES[held.read] ?? 'write',
  }
}

/** `N locks held by comm/pid:` and the locks. */
export function heldLines(globals: number, cpu: number): string[] {
  const held = heldLocks(heldOf(globals, cpu))
  if (held.length === 0) return [`no locks held by ${taskOf(cpu)}.`]
  return [
    `${counted(held.length, 'lock')} held by ${taskOf(cpu)}:`,
    ...held.map((one, i) => ` #${i}: ${lockText(globals, one)}`),
  ]
}

/** Held locks of a task, as data. */
export function heldInfo(globals: number, cpu: number): LockInfo[] {
  return heldLocks(heldOf(globals, cpu)).map((held) => lockInfo(globals, held))
}

/** Held locks of a task, as data; none where lockdep was not set up, or has turned itself off. From any thread. */
export function heldLocksOf(view: Int32Array, cpu: number): LockInfo[] {
  raw_attach(view)
  const globals = lockdep_root()
  return globals === 0 || !debug_locks() ? [] : heldInfo(globals, cpu)
}

/**
 * Locks of all tasks, for "Showing all locks held in the system"; undefined where lockdep was not set up. From any thread:
 * pass the arena as `view`.
 */
export function allHeldLines(view?: Int32Array): string[] | undefined {
  raw_attach(view)
  const globals = lockdep_root()
  if (globals === 0) return undefined
  if (!debug_locks()) return [LOCKDEP_OFF]
  return Array.from({ length: raw_read(globals + LD.cpus) }, (_, cpu) => cpu)
    .filter((cpu) => heldLocks(heldOf(globals, cpu)).length > 0)
    .flatMap((cpu) => heldLines(globals, cpu))
}
