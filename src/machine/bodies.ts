/**
 * Runs one function on several CPUs at once: `await runBodies({ sab, cpus: 4, module, body })`. For tests, torture and
 * small programs; the storm has its own boot.
 */
import { within } from '../base/within.ts'
import { mustGetChecked } from './checked.ts'
import { WorkerThread } from './worker_thread.ts'

const entry = new URL('../../workers/body.js', import.meta.url)

/** What to run, and where. */
export interface BodiesOptions {
  /** Arena that every CPU attaches to. */
  readonly sab: SharedArrayBuffer
  /** Number of workers; they are CPUs `firstCpu` … `firstCpu + cpus - 1`. */
  readonly cpus: number
  readonly firstCpu?: number
  /** URL of the compiled module that exports the body. */
  readonly module: string | URL
  /** Name of the export; one for all CPUs, or one per CPU. */
  readonly body: string | readonly string[]
  /** Passed to every body. */
  readonly arg?: unknown
  /** Use the checked build. */
  readonly checked?: boolean
  /** A run that takes longer is ended, with a rejection that says which CPUs were still running. Milliseconds. */
  readonly timeoutMs?: number
  /** Ends the run early: all workers are terminated, and the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a worker is given. `gate` is [arrived, open]. */
export interface BodyData {
  readonly sab: SharedArrayBuffer
  readonly gate: Int32Array
  readonly cpu: number
  readonly cpus: number
  readonly module: string
  readonly body: string
  readonly arg: unknown
}

/** Threads of the fast build that have nothing to do. A thread of the checked build may keep the detectors of its run. */
const idle: WorkerThread[] = []
const MOST_IDLE = 16

/** Results by CPU. Rejects with the first error a body throws, or on time-out; its workers are gone then. */
export async function runBodies<T>(options: BodiesOptions): Promise<T[]> {
  const { cpus, firstCpu = 0, checked = false, timeoutMs = 60_000, signal } = options
  if (checked) await mustGetChecked()
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const running = new Set<number>()
  const threads = Array.from({ length: cpus }, () => {
    return (checked ? undefined : idle.pop()) ?? new WorkerThread({ entry, checked })
  })
  const late = (): never => {
    const which = [...running].map((i) => firstCpu + i).join(', ')
    throw new Error(`still running after ${timeoutMs} ms: CPU ${which}`)
  }
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error))
  })
  let whole = false
  try {
    const jobs = threads.map(async (thread, i) => {
      running.add(i)
      const result = await thread.run<T>(jobOf(options, gate, i))
      running.delete(i)
      return result
    })
    const results = await within(timeoutMs, Promise.race([Promise.all(jobs), aborted]), late)
    whole = !checked
    return results
  } finally {
    const room = whole ? MOST_IDLE - idle.length : 0
    idle.push(...threads.splice(0, room))
    await Promise.all(threads.map((thread) => thread.end()))
  }
}

function jobOf(options: BodiesOptions, gate: Int32Array, index: number): BodyData {
  const { sab, cpus, firstCpu = 0, module, body, arg } = options
  const name = typeof body === 'string' ? body : (body[index] ?? '')
  return { sab, gate, cpu: firstCpu + index, cpus, module: String(module), body: name, arg }
}
