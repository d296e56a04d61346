/**
 * Runs of a storm in processes of their own, one after the other: where code lands in memory and what the compiler has seen
 * differ from process to process, and rounds of one process all share it.
 *
 * Invariant   whatever happens, no process is left running.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { DetectorPlan } from '../debug/detectors.ts'
import { filesOf, type FileRef } from '../define/brought.ts'
import { PlanTooBig } from '../machine/plan.ts'
import type { StormPlan, StormRun } from '../results/storm.ts'
import type { StormOptions, StormProgress } from './harness.ts'

const entry = fileURLToPath(new URL('../../workers/storm_run.js', import.meta.url))
/** How often it is asked whether to stop, milliseconds. */
const ASK_MS = 100

/** What such a process is told. */
export interface ApartOrder {
  readonly plan: StormPlan
  readonly files: readonly FileRef[]
  readonly detectors?: DetectorPlan
}

/** What it says. */
export interface ApartReport {
  readonly progress?: StormProgress
  readonly run?: StormRun
  readonly error?: string
}

/**
 * One run in a process of its own.
 * @throws PlanTooBig if the process cannot make its machines; Error if it ends without a result
 */
export async function runApart(
  plan: StormPlan,
  { detectors, progress, stop }: StormOptions = {},
): Promise<StormRun> {
  const child = fork(entry, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const asking = setInterval(() => {
    if (stop?.() === true && child.connected) child.send('stop')
  }, ASK_MS)
  try {
    return await new Promise<StormRun>((resolve, reject) => {
      child.on('message', (said: ApartReport) => {
        if (said.progress !== undefined) progress?.(said.progress)
        if (said.run !== undefined) resolve(said.run)
        if (said.error !== undefined) reject(new PlanTooBig(said.error))
      })
      child.once('error', reject)
      child.once('exit', (code, signal) =>
        reject(new Error(`the process of a run ended with ${signal ?? code} before it had a result`)),
      )
      const files = filesOf('strategy', plan.strategies)
      child.send({ plan, files, ...(detectors !== undefined && { detectors }) } satisfies ApartOrder)
    })
  } finally {
    clearInterval(asking)
    child.kill()
  }
}
