/**
 * What bodies start that the explorer does not see: timers that were taken before the run, files, sockets. It goes on when the
 * explorer takes the program for ended or stuck, so it is looked for where one of the two could be wrong. Node tells of all of it, Deno
 * of promises.
 */
import type * as AsyncHooks from 'node:async_hooks'
import { UNWINDING } from '../engine/mode.ts'
import { builtin, hostProcess } from './builtin.ts'
import { MAY_WAIT, runsLater, unsupported, type RefusedError } from './refused.ts'

/** What bodies start by printing and by promises, and what ends before anything else runs. */
const INSIDE =
  /^(?:PROMISE|Microtask|TickObject|Immediate|BLOBREADER|(?:PIPE|TTY|WRITE|SHUTDOWN|SIGNAL)WRAP)$/

function hooks(): typeof AsyncHooks | undefined {
  // Bun has hooks that are never called, and says so to the user.
  if (hostProcess()?.versions?.['bun'] !== undefined) return undefined
  return builtin('node:async_hooks') as typeof AsyncHooks | undefined
}

/** Where what a body starts is Node's own: the console writes, a warning is told, something is done at once (randomFillSync). */
const OF_NODE = /node:internal\/(?:console|process\/warning)|\w+Sync \(node:/
const NAMES: Readonly<Record<string, string>> = {
  PROMISE: 'a promise, or an async function that is called,',
  Microtask: 'queueMicrotask',
  TickObject: 'process.nextTick',
  Timeout: 'a timer',
  Immediate: 'setImmediate',
}

type Made = (promise: Promise<unknown>) => void
type PromiseHooks = (made: Made, before: undefined, after: undefined, settled: Made) => void

let onMade: Made | undefined
let onSettled: Made | undefined
let isHooked = false

/** Deno's hooks of promises, which stay: they are set once. */
function hookDeno(): void {
  const deno = Reflect.get(globalThis, 'Deno') as { readonly internal?: symbol } | undefined
  const internals = (deno?.internal && Reflect.get(deno, deno.internal)) as
    | { readonly core?: { readonly setPromiseHooks?: PromiseHooks } }
    | undefined
  const set = internals?.core?.setPromiseHooks
  if (isHooked || set === undefined) return
  isHooked = true
  set(
    (promise) => onMade?.(promise),
    undefined,
    undefined,
    (promise) => onSettled?.(promise),
  )
}

/** Tells of what is started and of what is settled, until it is called. */
function listen(
  started: (type: string, promise: Promise<unknown> | undefined) => void,
  settled: Made,
): () => void {
  const promises = new Map<number, Promise<unknown>>()
  const hook = hooks()?.createHook({
    init(id: number, type: string, _by: number, resource: object) {
      const promise = resource instanceof Promise ? resource : undefined
      if (promise !== undefined) promises.set(id, promise)
      started(type, promise)
    },
    promiseResolve(id: number) {
      const promise = promises.get(id)
      if (promise !== undefined) settled(promise)
    },
  })
  hook?.enable()
  hookDeno()
  onMade = (promise) => {
    started('PROMISE', promise)
  }
  onSettled = settled
  return () => {
    hook?.disable()
    onMade = onSettled = undefined
  }
}

let tells: { readonly ofAll: boolean; readonly ofPromises: boolean } | undefined

/** What the runtime tells of: hooks may exist and be told of nothing. */
export function whatIsTold(): { readonly ofAll: boolean; readonly ofPromises: boolean } {
  if (tells !== undefined) return tells
  let ofPromises = false
  const stop = listen(
    () => (ofPromises = true),
    () => {},
  )
  void Promise.resolve()
  stop()
  return (tells = { ofAll: ofPromises && !isHooked, ofPromises })
}

/** Refuses a program if a synchronous function of it starts something that would run later, until it is called. */
export function refuseLater(engine: {
  readonly inBody: boolean
  readonly aside: string
  readonly mode: number
  refusal: RefusedError | undefined
}): () => void {
  const stopped = new Set<Promise<unknown>>()
  const theirs = new Set<Promise<unknown>>()
  const stop = listen(
    (type, promise) => {
      if (!(engine.inBody || engine.aside !== '') || isOfNode()) return
      if (promise !== undefined) theirs.add(promise)
      // To throw here would end the process; an execution with a refusal ends the exploration.
      engine.refusal ??= refusalOf(type, engine.aside)
    },
    (promise) => {
      if (theirs.has(promise) && engine.mode === UNWINDING) stopped.add(promise)
    },
  )
  return () => {
    stop()
    // A body was stopped in an async function of its own: nobody else handles that. What else is rejected stays so.
    for (const promise of stopped) promise.catch(() => {})
  }
}

function refusalOf(type: string, aside: string): RefusedError {
  return unsupported(runsLater(NAMES[type] ?? `what Node calls ${type}`, aside))
}

function isOfNode(): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = Infinity
  const { stack = '' } = new Error('who calls?')
  Error.stackTraceLimit = stackTraceLimit
  return OF_NODE.test(stack)
}

/**
 * Runs an execution, and refuses the program if its bodies have started something outside, or its checks anything.
 * @param stuck nothing could go on: whatever it is could be waited for. Else only a timer counts, which runs code of theirs later
 */
export async function startedOutside(
  engine: { readonly inBody: boolean; readonly aside: string },
  stuck: boolean,
  run: () => Promise<unknown>,
): Promise<void> {
  let started: string | undefined
  let beside: RefusedError | undefined
  const stop = listen(
    (type) => {
      if (engine.aside !== '') {
        if (!isOfNode()) beside ??= refusalOf(type, engine.aside)
      } else if (engine.inBody && (stuck ? !INSIDE.test(type) : type === 'Timeout')) started ??= type
    },
    () => {},
  )
  try {
    await run()
  } finally {
    stop()
  }
  if (beside !== undefined) throw beside
  if (started !== undefined)
    throw unsupported(
      `a body has started what the explorer does not control, which Node calls ${started}: ${MAY_WAIT}`,
    )
}
