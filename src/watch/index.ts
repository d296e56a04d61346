/**
 * lockstorm/watch: lockdep, lock_stat and hung tasks for a program's own workers that use lockstorm/sync.
 *
 *   import 'lockstorm/watch'      first thing in the program, or
 *   node --import lockstorm/watch program.js
 *
 * The process runs itself again, in the checked build (`again.ts`), because locks that were loaded already cannot be watched.
 *
 * Prints    reports on stderr as they are found; with a SIGUSR2 and by `report()` everything that is known.
 */
import { writeFileSync } from 'node:fs'
import { getEnvironmentData, isMainThread, setEnvironmentData, threadId, Worker } from 'node:worker_threads'
import { CHECKED, home_memory } from '#access'
import { detectors_detach } from '../debug/detectors.ts'
import { installObserver } from '../trace/observers.ts'
import { again, isPrepared } from './again.ts'
import { printNew } from './guard.ts'
import { lookAt, reportText, type WatchReport } from './look.ts'
import { createWatch, joinWatch, leaveWatch, unseen, watchWord } from './memory.ts'
import { WatchObserver } from './observer.ts'
import { settings, type Settings } from './settings.ts'

export type { WatchedThread, WatchFinding, WatchReport } from './look.ts'

const KEY = 'lockstorm/watch'
const SIGNAL = 'SIGUSR2'

/** This thread cannot be watched. */
export class NotWatchedError extends Error {
  override readonly name: string = 'NotWatchedError'
  readonly code = 'ERR_NOT_WATCHED'
}

interface Shared {
  readonly sab: SharedArrayBuffer
  readonly printed: number
}

const chosen: Settings = settings()
const own: string[] = []

/** Leaves out reports in which a lock of this name stands, from now on, in what this thread prints. */
export function suppress(name: string): void {
  own.push(name)
}

function suppressed(): readonly string[] {
  return [...chosen.suppress, ...own]
}

let view: Int32Array | undefined

/** What is known now. Throws a NotWatchedError in a thread that is not watched. */
export function report(): WatchReport {
  if (view === undefined) throw new NotWatchedError('lockstorm/watch: this thread is not watched')
  return lookAt(view, suppressed(), unseen())
}

/** The same as text. */
export function text(): string {
  return reportText(report())
}

function observe({ sab }: Shared): void {
  const task = joinWatch(sab, threadId)
  view = home_memory()
  if (task < 0) return
  detectors_detach()
  installObserver(new WatchObserver())
  process.on('exit', () => {
    leaveWatch(task)
  })
}

/** At the end of the program: what nobody has printed, the JSON, the exit code. */
function atExit({ printed }: Shared): void {
  const watched = view as Int32Array
  printNew(watched, printed, suppressed())
  const seen = report()
  if (chosen.json !== undefined) writeFileSync(chosen.json, `${JSON.stringify(seen, undefined, 2)}\n`)
  const well = process.exitCode === undefined || process.exitCode === 0
  if (well && seen.findings.length > 0 && chosen.exit > 0) process.exitCode = chosen.exit
}

function begin(): void {
  const sab = createWatch()
  const shared: Shared = { sab, printed: watchWord('printed') }
  setEnvironmentData(KEY, shared)
  // Before the thread leaves: it is still there to be told of.
  process.on('exit', () => {
    atExit(shared)
  })
  observe(shared)
  process.on(SIGNAL, () => {
    process.stderr.write(text())
  })
  const { suppress: names, hungMs } = chosen
  const worker = new Worker(new URL('../../workers/watch.js', import.meta.url), {
    workerData: { ...shared, suppress: names, hungMs },
    execArgv: [],
    env: {},
  })
  worker.unref()
}

if (isMainThread) {
  if (!CHECKED || !isPrepared(import.meta.url)) await again(import.meta.url)
  begin()
} else {
  const shared = getEnvironmentData(KEY) as Shared | undefined
  if (shared === undefined || !CHECKED) {
    throw new NotWatchedError(
      "lockstorm/watch: this worker's program is not watched: import lockstorm/watch in its main thread, or start it with node --import lockstorm/watch",
    )
  }
  observe(shared)
}
