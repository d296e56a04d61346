/**
 * Messages between async bodies: the ends of channels, as MessagePorts have them.
 */
import type { AsyncEngine } from './async_engine.ts'
import { unsupported } from './refused.ts'
import { isExplored, type Memory } from './views.ts'

interface Message {
  readonly data: unknown
}
type Hears = (event: Message) => void
type On = (type: string, on: (data: unknown) => void) => void

/** What a listener may be given beside its type. */
export interface ListenerOptions {
  readonly once?: boolean
}

/** The end of a channel to another body, as a MessagePort has it; `on` and `off` are Node's. It stays open. */
export interface AgentPort {
  postMessage(data: unknown): void
  onmessage: ((event: { readonly data: unknown }) => void) | null
  addEventListener(
    type: string,
    on: (event: { readonly data: unknown }) => void,
    options?: ListenerOptions | boolean,
  ): void
  removeEventListener(type: string, on: (event: { readonly data: unknown }) => void): void
  on(type: string, on: (data: unknown) => void): void
  once(type: string, on: (data: unknown) => void): void
  off(type: string, on: (data: unknown) => void): void
  start(): void
  /** A body ends when it has nothing to do, so these do nothing. */
  ref(): void
  unref(): void
}

/** What an async body is given beside the memory. */
export interface AgentHandle {
  /** Which of the bodies it is, from 0 on. */
  readonly index: number
  /** The channel to another body; its messages come in the order in which they were sent. */
  port(body: number): AgentPort
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

/** Who listens to the messages of one port. What is told of other types never happens between bodies. */
class Listeners {
  handler: AgentPort['onmessage'] = null
  readonly #hear = new Map<unknown, Hears>()

  add(type: string, key: unknown, hear: Hears, once: boolean): void {
    if (type !== 'message' || this.#hear.has(key)) return
    this.#hear.set(key, (event) => {
      if (once) this.#hear.delete(key)
      hear(event)
    })
  }

  remove(type: string, key: unknown): void {
    if (type === 'message') this.#hear.delete(key)
  }

  tell(event: Message): void {
    this.handler?.(event)
    for (const hear of this.#hear.values()) hear(event)
  }
}

/** What a listener is called with, whether it is a function or an object that has one. */
function hearer(on: Hears | { handleEvent: Hears }): Hears {
  return (event) => {
    if (typeof on === 'function') on(event)
    else on.handleEvent(event)
  }
}

function portTo(body: number, engine: AsyncEngine, memory: Memory): AgentPort {
  const listeners = new Listeners()
  const start = (): void => {
    engine.listen(body, (data) => {
      listeners.tell({ data })
    })
  }
  const refuse = (what: string): never =>
    engine.refuse(unsupported(`${what} of the port of an async body is not followed: the channel stays open`))
  const onData =
    (once: boolean): On =>
    (type, on) => {
      listeners.add(type, on, ({ data }) => on(data), once)
      if (type === 'message') start()
    }
  const off = (type: string, on: unknown): void => {
    listeners.remove(type, on)
  }
  const port = {
    postMessage(data: unknown) {
      engine.sendMessage(body, cloned(data, memory))
    },
    get onmessage() {
      return listeners.handler
    },
    set onmessage(on) {
      listeners.handler = on
      start()
    },
    addEventListener(type: string, on: Hears, options: ListenerOptions | boolean = {}) {
      const { once = false } = options as ListenerOptions
      if (typeof options === 'object' && 'signal' in options) refuse('{ signal }')
      listeners.add(type, on, hearer(on), once)
    },
    removeEventListener: off,
    on: onData(false),
    once: onData(true),
    off,
    addListener: onData(false),
    removeListener: off,
    close: () => refuse('close'),
    removeAllListeners: () => refuse('removeAllListeners'),
    start,
    ref() {},
    unref() {},
  }
  return port
}
