/**
 * Tells of async bodies that never come to an end. Nothing can stop them from inside, since their promises have no end to throw to: a
 * worker thread looks whether there are steps, and if there are none for long, reports who loops where, and ends the process.
 */
import type * as Inspector from 'node:inspector'
import type * as Threads from 'node:worker_threads'
import { builtin } from './builtin.ts'

/** Words that the worker shares: time it has patience for in ms, 0 while nothing is explored; signs of life; who runs, from 1; 0 if nobody. */
export const PATIENCE = 0
export const BEAT = 1
export const WHO = 2
/** Key of the symbol under which the worker asks this thread who runs, and for its last step. */
export const KEY = 'lockstorm.explore.last'
const SLOT = Symbol.for(KEY)
/** Time without a step beyond the budget of the search. A test may change it. */
export const grace = { ms: 5000 }

const ENTRY = new URL('../../../workers/explore_watch.js', import.meta.url)
let words: Int32Array | undefined

function start(): Int32Array {
  try {
    const { Worker, isMainThread } = builtin('node:worker_threads') as typeof Threads
    const shared = new Int32Array(new SharedArrayBuffer(12))
    const worker = new Worker(ENTRY, { workerData: { words: shared, isMainThread }, execArgv: [] })
    worker.on('error', () => {})
    worker.unref()
    return shared
  } catch {
    return new Int32Array(3)
  }
}

/** A sign of life of this body; of what is none of the bodies' code if it is -1. */
export function beat(cpu: number): void {
  if (words === undefined) return
  words[BEAT]!++
  words[WHO] = cpu + 1
}

/** Watches until it is disposed of. Whoever debugs may stop as long as they like. */
export function watching(ms: number, tell: () => string): Disposable {
  const inspector = builtin('node:inspector') as typeof Inspector | undefined
  const now = (words ??= start())
  const set = (patience: number): void => {
    now[PATIENCE] = patience
    Atomics.notify(now, PATIENCE)
  }
  Reflect.set(globalThis, SLOT, tell)
  beat(-1)
  if (Number.isFinite(ms) && inspector?.url() === undefined) set(ms * 2 + grace.ms)
  return {
    [Symbol.dispose]() {
      set(0)
      Reflect.deleteProperty(globalThis, SLOT)
    },
  }
}
