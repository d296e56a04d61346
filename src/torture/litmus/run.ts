/**
 * Runs a litmus test for a number of rounds or a time, whichever ends first, and judges what was seen.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { runBodies } from '../../machine/bodies.ts'
import { alloc_boot, createArena } from '../../mem/arena.ts'
import type { LitmusOutcome, LitmusResult } from '../../results/litmus.ts'
import { BATCH, FIRST_THREAD, litmus_control, pollsOf, ROUND_WORDS, type LitmusArg } from './body.ts'
import { codesOf, consistentOutcomes, outcomeText, weakOutcomes } from './outcomes.ts'
import { programText, type Litmus } from './program.ts'

const POLL_MS = 2

/** How long to run, and what must not be seen. */
export interface LitmusOptions {
  /** Rounds; a batch more may be run. */
  readonly rounds: number
  readonly durationMs: number
  readonly seed: number
  /** Texts of outcomes that are forbidden besides, whatever the model says. */
  readonly forbid?: readonly string[]
  readonly signal?: AbortSignal
}

interface World {
  readonly sab: SharedArrayBuffer
  readonly arg: LitmusArg
}

function makeWorld(test: Litmus, seed: number): World {
  const threads = test.threads.length
  const words = BATCH * (ROUND_WORDS + threads) + codesOf(test)
  const sab = createArena((words + 8192) * 4, threads + FIRST_THREAD)
  const control = alloc_boot(litmus_control.words)
  const rounds = alloc_boot(BATCH * ROUND_WORDS)
  const seen = alloc_boot(BATCH * threads)
  const counts = alloc_boot(codesOf(test))
  const polls = pollsOf(threads, availableParallelism())
  return { sab, arg: { name: test.name, seed, control, rounds, seen, counts, polls } }
}

/** The outcomes that an interleaving gives, most frequent first, then the weak ones that there could be or were. */
function outcomesOf(test: Litmus, counts: readonly number[], forbid: readonly string[]): LitmusOutcome[] {
  const consistent = consistentOutcomes(test)
  const weak = weakOutcomes(test)
  return counts
    .flatMap((count, code): LitmusOutcome[] => {
      if (count === 0 && !consistent.has(code) && !weak.has(code)) return []
      const outcome = outcomeText(test, code)
      const isWeak = !consistent.has(code)
      return [
        { outcome, count, weak: isWeak, forbidden: (isWeak && test.ordered) || forbid.includes(outcome) },
      ]
    })
    .sort((a, b) => Number(a.weak) - Number(b.weak) || b.count - a.count)
}

/** Runs one test. Rejects if a worker dies. */
export async function runLitmus(test: Litmus, options: LitmusOptions): Promise<LitmusResult> {
  const { sab, arg } = makeWorld(test, options.seed)
  const view = new Int32Array(sab)
  const started = performance.now()
  const module = new URL('./body.js', import.meta.url)
  const control = (field: 'done' | 'stop'): number => arg.control + litmus_control.offset[field]
  const workers = runBodies({
    sab,
    cpus: test.threads.length,
    firstCpu: FIRST_THREAD,
    module,
    body: 'litmus',
    arg,
    timeoutMs: 0x7fff_ffff,
  })
  const done = (): number => Atomics.load(view, control('done'))
  const enough = (): boolean =>
    (done() > 0 && (performance.now() - started >= options.durationMs || options.signal?.aborted === true)) ||
    done() >= options.rounds
  while (!enough()) await Promise.race([workers, sleep(POLL_MS)])
  Atomics.store(view, control('stop'), 1)
  await workers
  const counts = Array.from({ length: codesOf(test) }, (_, code) => view[arg.counts + code] ?? 0)
  const outcomes = outcomesOf(test, counts, options.forbid ?? [])
  return {
    test: test.name,
    summary: test.summary,
    program: programText(test),
    threads: test.threads.length,
    rounds: done(),
    durationMs: Math.round(performance.now() - started),
    outcomes,
    ok: outcomes.every(({ forbidden, count }) => !forbidden || count === 0),
  }
}
