/**
 * What the globals that start something later are while async bodies are explored: timers on virtual time, and messages between the
 * bodies.
 */
import type { Swap } from './ambient.ts'
import type { AsyncEngine } from './async_engine.ts'
import { unsupported } from './refused.ts'
import { isExplored, type Memory } from './views.ts'

type Callback = (...args: unknown[]) => void

/** The end of a channel to another body, as a MessagePort has it; `on` is Node's. */
export interface AgentPort {
  postMessage(data: unknown): void
  onmessage: ((event: { readonly data: unknown }) => void) | null
  addEventListener(type: 'message', on: (event: { readonly data: unknown }) => void): void
  removeEventListener(type: 'message', on: (event: { readonly data: unknown }) => void): void
  on(type: 'message', on: (data: unknown) => void): void
  once(type: 'message', on: (data: unknown) => void): void
  start(): void
}

/** What an async body is given beside the memory. */
export interface AgentHandle {
  /** Which of the bodies it is, from 0 on. */
  readonly index: number
  /** The channel to another body; its messages come in the order in which they were sent. */
  port(body: number): AgentPort
}

/** Swaps for timers. */
export function timers(engine: AsyncEngine): Swap[] {
  const swaps: Swap[] = []
  const swap = (name: string, fake: (...args: unknown[]) => unknown): void => {
    const real: unknown = Reflect.get(globalThis, name)
    if (typeof real !== 'function') return
    const either = (...args: unknown[]): unknown =>
      engine.inBody ? fake(...args) : Reflect.apply(real as Callback, globalThis, args)
    swaps.push([globalThis, name, either])
  }
  const set =
    (immediate: boolean, repeats: boolean) =>
    (run: unknown, ...rest: unknown[]) => {
      const [ms, args] = immediate ? [0, rest] : [Number(rest[0] ?? 0), rest.slice(1)]
      return engine.setTimer(() => (run as Callback)(...args), ms, { repeats, immediate })
    }
  const clear = (id: unknown): void => {
    engine.clearTimer(Number(id))
  }
  swap('setTimeout', set(false, false))
  swap('setInterval', set(false, true))
  swap('setImmediate', set(true, false))
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) swap(name, clear)
  return [...swaps, ...microtasks(engine), ...signals(engine), ...ticks(engine)]
}

/** What is thrown out of a microtask, nobody catches: it is told to the engine, whose own it may be. */
function microtasks(engine: AsyncEngine): Swap[] {
  const real = globalThis.queueMicrotask
  const queue = (run: unknown): void => {
    if (!engine.inBody || typeof run !== 'function') real(run as () => void)
    else
      real(() => {
        try {
          ;(run as Callback)()
        } catch (error) {
          engine.threw(error)
        }
      })
  }
  return [[globalThis, 'queueMicrotask', queue]]
}

/** Node's own queue, between two tasks, is not followed. */
function ticks(engine: AsyncEngine): Swap[] {
  const process = Reflect.get(globalThis, 'process') as NodeJS.Process | undefined
  if (process?.nextTick === undefined) return []
  const real = process.nextTick.bind(process)
  const refuse = (run: Callback, ...args: unknown[]): void => {
    if (engine.inBody && !isOfNode(new Error('who calls?')))
      engine.refuse(unsupported('process.nextTick in a body: use queueMicrotask or a promise'))
    real(run, ...args)
  }
  return [[process, 'nextTick', refuse]]
}

/** Node calls nextTick to throw again what a listener of an event has thrown, and where the console writes. */
function isOfNode({ stack = '' }: Error): boolean {
  return /node:internal\/(?:event_target|console)/.test(stack)
}

/** AbortSignal.timeout, on virtual time. */
function signals(engine: AsyncEngine): Swap[] {
  const real: unknown = Reflect.get(AbortSignal, 'timeout')
  const timeout = (ms: number): AbortSignal => {
    if (!engine.inBody) return Reflect.apply(real as (ms: number) => AbortSignal, AbortSignal, [ms])
    const controller = new AbortController()
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError')
    engine.setTimer(() => {
      controller.abort(reason)
    }, ms)
    return controller.signal
  }
  return [[AbortSignal, 'timeout', timeout]]
}

/** A copy of what is sent; the program's memory is shared, not copied. */
function cloned(data: unknown, memory: Memory): unknown {
  if (memory.owns(data) || isExplored(data)) return data
  if (data === null || typeof data !== 'object') return structuredClone(data)
  if (Object.getPrototypeOf(data) !== Object.prototype) return structuredClone(data)
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, cloned(value, memory)]))
}

/** The handle of one body, for one of its runs. */
export function handleOf(index: number, bodies: number, engine: AsyncEngine, memory: Memory): AgentHandle {
  const port = (body: number): AgentPort => {
    if (!(Number.isInteger(body) && body >= 0 && body < bodies && body !== index)) {
      throw unsupported(`port(${body}): the other bodies are 0 to ${bodies - 1}, and this one is ${index}`)
    }
    return portTo(body, engine, memory)
  }
  return { index, port }
}

function portTo(body: number, engine: AsyncEngine, memory: Memory): AgentPort {
  const listeners = new Set<(event: { readonly data: unknown }) => void>()
  let handler: AgentPort['onmessage'] = null
  const start = (): void => {
    engine.listen(body, (data) => {
      handler?.({ data })
      for (const on of listeners) on({ data })
    })
  }
  return {
    postMessage(data) {
      engine.sendMessage(body, cloned(data, memory))
    },
    get onmessage() {
      return handler
    },
    set onmessage(on) {
      handler = on
      start()
    },
    addEventListener(_type, on) {
      listeners.add(on)
    },
    removeEventListener(_type, on) {
      listeners.delete(on)
    },
    on(_type, on) {
      listeners.add(({ data }) => {
        on(data)
      })
      start()
    },
    once(_type, on) {
      const one = ({ data }: { readonly data: unknown }): void => {
        listeners.delete(one)
        on(data)
      }
      listeners.add(one)
      start()
    },
    start,
  }
}

/**
 * Tells the engine of rejections that nobody handles, and of what listeners of events throw, which Node throws again later; and nobody
 * else meanwhile.
 */
export function hearRejections(engine: AsyncEngine): Disposable {
  const process = Reflect.get(globalThis, 'process') as NodeJS.Process | undefined
  if (process?.on === undefined) return { [Symbol.dispose]() {} }
  const hear = (reason: unknown): void => {
    engine.rejected(reason)
  }
  const names = ['unhandledRejection', 'uncaughtException'] as const
  const before = names.map((name) => process.rawListeners(name))
  for (const name of names) process.removeAllListeners(name)
  for (const name of names) process.on(name, hear)
  return {
    [Symbol.dispose]() {
      for (const [i, name] of names.entries()) {
        process.off(name, hear)
        for (const listener of before[i] ?? []) process.on(name, listener as () => void)
      }
    },
  }
}
