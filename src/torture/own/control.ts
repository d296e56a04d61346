/**
 * Words that main and the threads of a torture of a user's lock share. They lie in a buffer of their own, out of the lock's reach.
 *
 * State   main writes PHASE, as control.ts of the torture says; each thread writes its own slot, a torture_task, whose padding
 *         holds what the thread is doing. The words under the lock are written by whoever has the lock.
 */
import { CALLS } from '../../results/own_events.ts'
import { torture_task } from '../control.ts'
import type { TaskKind } from '../tally.ts'

export const PHASE = 0
/** Words under the lock: who writes (thread + 1), readers inside, a plain count of acquisitions, who gave it back last. */
export const WRITING = 1
export const READING = 2
export const GUARDED = 3
export const LAST = 4
const FIRST = 16

/** Words of a slot. */
export const DOING = 1
/** 1 + the word that it sleeps on without a time-out; 0: it does not sleep so. */
export const ASLEEP = 2
/** Longest call for the lock, in microseconds. */
export const LONGEST = 3

/** What a thread is doing. From CALLS on, it is in that function of the user's. */
export const STARTING = 0
export const PARKED = 1
export const AT_WORK = 2
export const ENDED = 3
export const IN_CALL = 8
export { CALLS }
export type Call = (typeof CALLS)[number]

export const COUNTERS = [
  'acquired_write',
  'acquired_read',
  'tried',
  'refused',
  'timed',
  'timed_out',
  'again',
  'fail_writer_writer',
  'fail_writer_reader',
  'fail_reader_writer',
] as const
export type Counter = (typeof COUNTERS)[number]

/** Words on either side of the lock that are not the lock's. */
export const MARGIN = 64

/** Where the slots begin, for the tally. */
export const SLOTS: number = FIRST

export function slotOf(thread: number): number {
  return FIRST + thread * torture_task.words
}

export function controlBytes(threads: number): number {
  return 4 * slotOf(threads)
}

/** Handed to a thread. */
export interface OwnThread {
  readonly url: string
  readonly lock: string
  readonly thread: number
  readonly reader: boolean
  readonly kinds: readonly TaskKind[]
  readonly memory: SharedArrayBuffer
  readonly control: SharedArrayBuffer
  /** What events.ts keeps. */
  readonly events: SharedArrayBuffer
  readonly longHoldMs: number
  readonly seed: number
}
