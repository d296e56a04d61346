/**
 * What the globals that start something later are while async bodies are explored: timers on virtual time. What goes out is refused.
 */
import type { Swap } from './node_ambient.ts'
import { hostProcess } from './builtin.ts'
import type { AsyncEngine } from './async_engine.ts'
import { MAY_WAIT, unsupported } from './refused.ts'

type Callback = (...args: unknown[]) => void

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
  swap('fetch', () => engine.refuse(unsupported(`fetch in a body: ${MAY_WAIT}`)))
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
  const process = hostProcess()
  if (process?.nextTick === undefined) return []
  const real = process.nextTick.bind(process)
  const refuse = (run: Callback, ...args: unknown[]): void => {
    const error = new Error('who calls?')
    if (engine.inBody && !isOfNode(error)) engine.refuse(unsupported(whoTicks(error)))
    real(run, ...args)
  }
  return [[process, 'nextTick', refuse]]
}

/** What the body called: process.nextTick, or something of Node that calls it. */
function whoTicks({ stack = '' }: Error): string {
  const lines = stack.split('\n    at ').slice(2)
  const theirs = lines.findIndex((line) => !line.includes('node:'))
  const [name = ''] = (lines[theirs - 1] ?? '').split(' (')
  return name === ''
    ? 'process.nextTick in a body: use queueMicrotask or a promise'
    : `${name} of Node in a body: ${MAY_WAIT}`
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

/**
 * Tells the engine of rejections that nobody handles, and of what listeners of events throw, which Node throws again later; and nobody
 * else meanwhile.
 */
export function hearRejections(engine: AsyncEngine): Disposable {
  const process = hostProcess()
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
