/**
 * Runs one function on several CPUs at once: `await runBodies({ sab, cpus: 4, module, body })`. For tests, torture and
 * small programs; the storm has its own boot.
 */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { CHECKED_ARGV, mustGetChecked } from './checked.ts'

const entry = fileURLToPath(new URL('../../workers/body.js', import.meta.url))

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

/** Results by CPU. Rejects with the first error a body throws, or on time-out; workers are gone either way. */
export async function runBodies<T>(options: BodiesOptions): Promise<T[]> {
  const { cpus, firstCpu = 0, timeoutMs = 30_000, signal } = options
  if (options.checked === true) await mustGetChecked()
  const gate = new Int32Array(new SharedArrayBuffer(8))
  const running = new Set<number>()
  const workers = Array.from({ length: cpus }, (_, i) => {
    running.add(i)
    return startWorker(options, gate, i, firstCpu + i)
  })
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const which = [...running].map((i) => firstCpu + i).join(', ')
      reject(new Error(`still running after ${timeoutMs} ms: CPU ${which}`))
    }, timeoutMs)
    signal?.addEventListener('abort', () => {
      reject(signal.reason as Error)
    })
  })
  try {
    const results = workers.map(async (worker, i) => {
      const result = await outcome<T>(worker)
      running.delete(i)
      return result
    })
    return await Promise.race([Promise.all(results), timeout])
  } finally {
    clearTimeout(timer)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function startWorker(options: BodiesOptions, gate: Int32Array, index: number, cpu: number): Worker {
  const { sab, cpus, module, body, arg, checked = false } = options
  const name = typeof body === 'string' ? body : body[index]
  return new Worker(entry, {
    workerData: { sab, gate, cpu, cpus, module: String(module), body: name, arg },
    execArgv: checked ? [...CHECKED_ARGV] : [],
  })
}

function outcome<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => {
      reject(new Error(`a worker exited with code ${code} before its body returned`))
    })
  })
}
