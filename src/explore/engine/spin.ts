/**
 * cpu_relax: "not runnable until a word I read since the last cpu_relax has changed". It makes spin loops finite, and
 * a spin that can never end a deadlock that is found at once.
 *
 * Rules   an iteration that itself changed memory with an atomic operation, or that read more words than can be
 *         remembered, degrades to a plain yield. Loop counters outside shared memory are not seen: a bounded spin
 *         counts as an unbounded one. Where locks poll before they sleep (base/polls.ts), the first so many in a row
 *         that saw nothing change are plain yields too: the locks' own budget ends there.
 */
import { CHECKED_POLLS } from '../../base/polls.ts'
import { NEXT_CPU, SPIN_ITERATION, SPIN_VERSION, VERSION, type WordTable } from './words.ts'

/** Most words a spin iteration can read before it degrades to a yield. */
export const SPIN_WORDS = 1024

/** What an execution keeps of the spins of its CPUs. */
export interface Spins {
  readonly words: WordTable
  readonly spinIteration: Int32Array
  readonly spinCount: Int32Array
  readonly spinSlots: readonly Int32Array[]
  readonly spinWrote: Int32Array
  /** Calls in a row that saw nothing change. */
  readonly spinIdle: Int32Array
}

/** The CPU has read the word atomically. */
export function noteRead(run: Spins, cpu: number, slot: number): void {
  const t = run.words.table
  const iteration = run.spinIteration[cpu]!
  t[slot + SPIN_VERSION + cpu * NEXT_CPU] = t[slot + VERSION]!
  if (t[slot + SPIN_ITERATION + cpu * NEXT_CPU] === iteration) return
  t[slot + SPIN_ITERATION + cpu * NEXT_CPU] = iteration
  const n = run.spinCount[cpu]!
  if (n < SPIN_WORDS) run.spinSlots[cpu]![n] = slot
  run.spinCount[cpu] = n + 1
}

/** May the spinner go on? */
export function spinReady(run: Spins, cpu: number): boolean {
  return run.spinIdle[cpu]! < CHECKED_POLLS || spinChanged(run, cpu)
}

/** Has anything the spinner read changed since? */
function spinChanged(run: Spins, cpu: number): boolean {
  const n = run.spinCount[cpu]!
  if (run.spinWrote[cpu] !== 0 || n === 0 || n > SPIN_WORDS) return true
  const t = run.words.table
  const slots = run.spinSlots[cpu]!
  for (let i = 0; i < n; i++) {
    const slot = slots[i]!
    if (t[slot + SPIN_VERSION + cpu * NEXT_CPU] !== t[slot + VERSION]) return true
  }
  return false
}

/** True if the word is in the CPU's read set. */
export function spinReads(run: Spins, cpu: number, addr: number): boolean {
  if (run.spinCount[cpu]! > SPIN_WORDS) return false
  return run.words.table[run.words.at(addr) + SPIN_ITERATION + cpu * NEXT_CPU] === run.spinIteration[cpu]
}

/** The next iteration starts. */
export function spinAgain(run: Spins, cpu: number): void {
  if (CHECKED_POLLS > 0) run.spinIdle[cpu] = spinChanged(run, cpu) ? 0 : run.spinIdle[cpu]! + 1
  run.spinIteration[cpu]!++
  run.spinCount[cpu] = 0
  run.spinWrote[cpu] = 0
}
