/**
 * Locks that each task holds, innermost last: in the arena, so that every report can show every task.
 *
 * Invariant   only the task's own CPU writes here. `chain` is the key of all entries below depth; each entry keeps the key
 *             below itself, so that a release can go back to it.
 * Known limit the place that took a lock (`ip`) is written when somebody may need it: when the task reports or goes to
 *             sleep. Of a task that runs, other CPUs may see locks without it.
 */
import { raw_load, raw_read, raw_store, raw_write } from '../../mem/raw.ts'
import { HELD_HEADER, HELD_STRIDE, HELD_WORDS, LD, MAX_LOCK_DEPTH } from './globals.ts'

/** Words of a CPU's header. */
export const H_DEPTH = 0
export const H_CHAIN_LO = 1
export const H_CHAIN_HI = 2
/** Depth of lockdep_off. */
export const H_OFF = 3
export const H_MAX_DEPTH = 4
export const H_HITS = 5
export const H_MISSES = 6

/** Words of a held lock. */
export const L_LOCK = 0
export const L_CLASS = 1
/** Mode in bits 0 and 1, then TRY, CHECK, SYNC. */
export const L_FLAGS = 2
const L_NEST = 3
export const L_IP = 4
const L_CHAIN_LO = 5
const L_CHAIN_HI = 6
/** 0: one lock; n: n locks of the class under one nest_lock. */
export const L_REFERENCES = 7

export const MODE_MASK = 3
export const F_TRY = 4
export const F_CHECK = 8
export const F_SYNC = 16

/** One held lock, or one about to be. */
export interface HeldLock {
  readonly lock: number
  readonly class: number
  /** 0 writes, 1 reads, 2 reads recursively. */
  readonly read: number
  readonly trylock: boolean
  readonly check: boolean
  readonly sync: boolean
  readonly nest: number
  /** Number of the frame that took it; 0 not written yet. */
  readonly ip: number
  readonly references: number
}

/** Header of a CPU's record. */
export function heldOf(globals: number, cpu: number): number {
  return raw_read(globals + LD.held) + cpu * HELD_STRIDE
}

/** Address of entry i. */
export function entryOf(task: number, i: number): number {
  return task + HELD_HEADER + i * HELD_WORDS
}

/** Number of locks a task holds. */
export function depthOf(task: number): number {
  return Math.min(raw_load(task + H_DEPTH), MAX_LOCK_DEPTH)
}

/** Copies entry i. */
export function readHeld(task: number, i: number): HeldLock {
  const at = entryOf(task, i)
  const flags = raw_read(at + L_FLAGS)
  return {
    lock: raw_read(at + L_LOCK),
    class: raw_read(at + L_CLASS),
    read: flags & MODE_MASK,
    trylock: (flags & F_TRY) !== 0,
    check: (flags & F_CHECK) !== 0,
    sync: (flags & F_SYNC) !== 0,
    nest: raw_read(at + L_NEST),
    ip: raw_read(at + L_IP),
    references: raw_read(at + L_REFERENCES),
  }
}

/** All locks a task holds, outermost first. */
export function heldLocks(task: number): HeldLock[] {
  return Array.from({ length: depthOf(task) }, (_, i) => readHeld(task, i))
}

/** Entry that holds this lock, searched from the innermost; -1 if none does. */
export function findHeld(task: number, lock: number): number {
  for (let i = raw_read(task + H_DEPTH) - 1; i >= 0; i--) {
    if (raw_read(entryOf(task, i) + L_LOCK) === lock) return i
  }
  return -1
}

/** Puts an entry on top. The caller has checked the depth. */
export function pushHeld(
  task: number,
  lock: number,
  cls: number,
  flags: number,
  nest: number,
  ip: number,
  references: number,
): void {
  const depth = raw_read(task + H_DEPTH)
  const at = entryOf(task, depth)
  raw_write(at + L_LOCK, lock)
  raw_write(at + L_CLASS, cls)
  raw_write(at + L_FLAGS, flags)
  raw_write(at + L_NEST, nest)
  raw_write(at + L_IP, ip)
  raw_write(at + L_CHAIN_LO, raw_read(task + H_CHAIN_LO))
  raw_write(at + L_CHAIN_HI, raw_read(task + H_CHAIN_HI))
  raw_write(at + L_REFERENCES, references)
  raw_store(task + H_DEPTH, depth + 1)
  if (depth + 1 > raw_read(task + H_MAX_DEPTH)) raw_write(task + H_MAX_DEPTH, depth + 1)
}

/** Takes entry i and all above off, and goes back to the chain key below it. */
export function popHeld(task: number, i: number): void {
  const at = entryOf(task, i)
  raw_write(task + H_CHAIN_LO, raw_read(at + L_CHAIN_LO))
  raw_write(task + H_CHAIN_HI, raw_read(at + L_CHAIN_HI))
  raw_store(task + H_DEPTH, i)
}
