/**
 * What the library needs of the runtime it runs in: a number for the thread, a clock, whether the thread may block. The one
 * place that knows Node from a browser; it imports nothing of a runtime, so every bundler takes it.
 *
 * Numbers   the owner word of a lock is the thread's number. It comes from `attachThread`, else from the host (Node, Deno,
 *           Bun), else from the word that `layout()` keeps in the memory (`joinMemory`), else it is drawn at random. Each way
 *           has a range of its own, so numbers of different ways never meet.
 * Random    two threads draw the same number with a likelihood of 1 in 67 million. They would exclude each other all the
 *           same, since a lock word that is not 0 is taken: one of them would be told of a recursion that is none.
 * Clock     process.hrtime in Node, where it is one for all threads. Elsewhere it may begin with the worker, so it is made of
 *           performance.timeOrigin and performance.now, counted from a fixed date to keep a resolution of 4 ns.
 */
import { checkInteger } from '../base/arguments.ts'
import { OWNER_SHIFT } from '../base/constants.ts'
import { ThreadNumberError } from '../base/sync_error.ts'

/** Numbers of the host and of attachThread are below, those of a memory's word at and above it. */
export const FIRST_JOINED = 2 ** 20
/** Numbers drawn at random are at and above it, and below twice as much: number + 1, shifted, must fit a word and not be negative. */
const FIRST_RANDOM = 2 ** (30 - OWNER_SHIFT)
/** 2026-01-01, in milliseconds. */
const EPOCH_MS = 1_767_225_600_000
const NS_PER_MS = 1e6

interface Process {
  readonly versions?: Readonly<Record<string, string | undefined>>
  readonly hrtime?: { bigint(): bigint }
  getBuiltinModule?(name: string): { readonly threadId?: number } | undefined
}
/** A page has none. */
const runtime = (globalThis as { process?: Process }).process
const workerThreads = runtime?.getBuiltinModule?.('node:worker_threads')

function hostNumber(): number | undefined {
  const id = workerThreads?.threadId ?? -1
  // A web worker of a runtime that numbers only those of node:worker_threads says that it is thread 0, as the main thread does.
  const least = 'WorkerGlobalScope' in globalThis ? 1 : 0
  return id >= least && id < FIRST_JOINED ? id : undefined
}

/** The number of another thread, while a tool runs the bodies of several threads in this one. */
export let impersonated: number | undefined
/** Of the whole thread. */
let own = hostNumber()
/** Numbers taken from words of memories. */
const joined = new WeakMap<object, number>()
/** True once a lock may have seen a number of this thread. */
let used = false

/** Number of this thread among those that use the memory. Throws a ThreadNumberError if it has none. */
export function threadNumber(view: Int32Array): number {
  if (impersonated !== undefined) return impersonated
  used = true
  return own ?? joined.get(view.buffer) ?? (own = draw())
}

function draw(): number {
  const { crypto } = globalThis as { crypto?: { getRandomValues(words: Uint32Array): Uint32Array } }
  const random = crypto?.getRandomValues(new Uint32Array(1))[0]
  if (random === undefined) {
    throw new ThreadNumberError('this thread has no number: use attachThread')
  }
  return FIRST_RANDOM + (random % (FIRST_RANDOM - 1))
}

/**
 * Gives this thread its number, before it uses a lock. Needed only where the host numbers no threads and `layout` is not used.
 * @param n 0 to 1,048,575, another one in each thread that shares a memory
 * @throws ThreadNumberError if the thread has used a lock under another number
 */
export function attachThread(n: number): void {
  checkInteger('attachThread', 'n', n, 0, FIRST_JOINED - 1)
  if (used && own !== n) {
    throw new ThreadNumberError('attachThread: this thread has used a lock under another number already')
  }
  own = n
}

/** Takes a number for this thread from the memory's word that counts its threads, unless it has one. */
export function joinMemory(view: Int32Array, word: number): void {
  if (own !== undefined || joined.has(view.buffer)) return
  joined.set(view.buffer, FIRST_JOINED + Atomics.add(view, word, 1))
}

/** For the explorer, through act_as of `#access`. */
export function impersonate(thread: number | undefined): void {
  impersonated = thread
}

/** False where Atomics.wait throws, as on the main thread of a page. */
export const CAN_BLOCK: boolean = canBlock()

function canBlock(): boolean {
  try {
    // Throws, too, where there is no SharedArrayBuffer.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0)
    return true
  } catch {
    return false
  }
}

const versions = runtime?.versions ?? {}
const isNode = 'node' in versions && !('deno' in versions || 'bun' in versions)
const hrtime = isNode ? runtime?.hrtime : undefined

/** Monotonic clock in nanoseconds, the same on every thread. Costs some 30 ns. */
export const now_ns: () => number =
  hrtime === undefined
    ? () => (performance.timeOrigin - EPOCH_MS + performance.now()) * NS_PER_MS
    : () => Number(hrtime.bigint())
