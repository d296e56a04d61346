/**
 * What the worker of async_watchdog.ts does: it looks whether async bodies that are explored come on, and ends the process of those that
 * do not.
 */
import { writeSync } from 'node:fs'
import { Session, type Debugger } from 'node:inspector'
import { workerData } from 'node:worker_threads'
import { BEAT, KEY, PATIENCE, WHO } from './async_watchdog.ts'

const LOOK_MS = 500
/** The thread that loops is asked where for so long at most. */
const ASK_MS = 3000
const LAST = `globalThis[Symbol.for('${KEY}')]()`
const { words, isMainThread } = workerData as { words: Int32Array; isMainThread: boolean }

/** CPU time of the process: one that is stopped, or gets no CPU, does not loop. */
function spentMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Returns once bodies run without a step for longer than is patience for. */
function watch(): void {
  let [seen, silentMs, spent] = [0, 0, spentMs()]
  for (;;) {
    Atomics.wait(words, PATIENCE, 0)
    const patience = Atomics.load(words, PATIENCE)
    Atomics.wait(words, PATIENCE, patience, LOOK_MS)
    const now = Atomics.load(words, BEAT)
    if (now !== seen || Atomics.load(words, WHO) === 0 || Atomics.load(words, PATIENCE) === 0)
      [seen, silentMs, spent] = [now, 0, spentMs()]
    else silentMs += LOOK_MS
    if (patience > 0 && silentMs > patience && spentMs() - spent > patience / 2) return
  }
}

function report(who: string, where: string): void {
  writeSync(
    2,
    `lockstorm/explore: ${who} never comes to an end.\n` +
      `It loops${where} without a step that the explorer sees.\n` +
      'A loop that polls awaits Atomics.waitAsync or setTimeout. The process ends here.\n',
  )
}

function fallBack(): void {
  report(`cpu-${Atomics.load(words, WHO) - 1} of exploreAsync`, '')
  process.kill(process.pid, 'SIGKILL')
}

/** Where it is: the innermost call that is none of the runtime's. */
function placeOf(frames: readonly Debugger.CallFrame[], urls: ReadonlyMap<string, string>): string {
  for (const { location } of frames) {
    const url = urls.get(location.scriptId) ?? ''
    if (url === '' || url.startsWith('node:')) continue
    return ` at ${url.replace(/^file:\/\//, '')}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`
  }
  return ''
}

/** Stops the thread that loops, asks it, and ends it. */
function ask(): void {
  const session = new Session()
  session.connectToMainThread()
  const urls = new Map<string, string>()
  session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
  session.on('Debugger.paused', ({ params }) => {
    session.post('Runtime.evaluate', { expression: LAST }, (_, answer) => {
      report(String(answer?.result.value ?? 'a body'), placeOf(params.callFrames, urls))
      session.post('Runtime.evaluate', { expression: 'process.reallyExit(3)' })
    })
  })
  session.post('Debugger.enable', () => session.post('Debugger.pause'))
  setTimeout(fallBack, ASK_MS)
}

/** Returns never, or once the process is about to end. */
export function watchForEver(): void {
  watch()
  try {
    if (isMainThread) ask()
    else fallBack()
  } catch {
    fallBack()
  }
}
