/**
 * What a body can ask the world for: time, which is virtual, and chance, of which some values are tried. A program that asks for
 * chance is never said to hold, since not all values are; `choose` is the way to have all of them.
 */
import { DIRECT } from '../engine/mode.ts'
import { hostProcess } from './builtin.ts'
import type { UserEngine } from './engine.ts'
import { nodeChance, nodeGauges, type Swap } from './node_ambient.ts'
import { whatIsTold } from './from_outside.ts'
import { runsLater, unsupported } from './refused.ts'

const NS_PER_MS = 1e6
const NS_PER_S = 1_000_000_000
/** Virtual time starts here; a date, so that code that formats it works. */
const EPOCH_MS = Date.UTC(2020, 0, 1)
/** What Math.random returns: both ends, and something between. */
const DRAWS = [0, 0.3, 0.6, 1 - 2 ** -53] as const
/** Bytes that sources of random bytes are filled with. */
const FILLS = [0x00, 0x5a, 0xff] as const

type Bytes = Uint8Array<ArrayBuffer>
const RealDate = Date

/** Swaps for clocks. Reading one takes some virtual time, so that a loop that waits for time to pass ends. */
export function clocks(engine: UserEngine): Swap[] {
  const outside = (): boolean => engine.mode === DIRECT
  const [now, ms] = [Date.now, performance.now.bind(performance)]
  const virtualMs = (): number => EPOCH_MS + Math.floor(engine.ktime_get_ns() / NS_PER_MS)
  const date = new Proxy(RealDate, {
    construct: (target, args: unknown[], made) =>
      Reflect.construct(target, args.length === 0 && !outside() ? [virtualMs()] : args, made) as object,
    apply: () => (outside() ? RealDate() : new RealDate(virtualMs()).toString()),
  })
  const swaps: Swap[] = [
    [RealDate, 'now', () => (outside() ? now() : virtualMs())],
    [globalThis, 'Date', date],
    [performance, 'now', () => (outside() ? ms() : engine.ktime_get_ns() / NS_PER_MS)],
  ]
  swaps.push(...readers(outside, virtualMs, () => engine.ktime_get_ns() / NS_PER_MS))
  const process = hostProcess()
  if (process?.hrtime === undefined) return swaps
  const { hrtime } = process
  const bigint = hrtime.bigint.bind(hrtime)
  const virtual = (before?: [number, number]): [number, number] => {
    if (outside()) return hrtime(before)
    const ns = engine.ktime_get_ns() - (before === undefined ? 0 : before[0] * NS_PER_S + before[1])
    return [Math.floor(ns / NS_PER_S), ns % NS_PER_S]
  }
  const fake = Object.assign(virtual, {
    bigint: () => (outside() ? bigint() : BigInt(Math.round(engine.ktime_get_ns()))),
  })
  // Who took process.hrtime at load calls its `bigint` all the same.
  return [...swaps, [process, 'hrtime', fake], [hrtime, 'bigint', fake.bigint]]
}

/** Swaps for what reads a clock without being asked for one: a format of no date, the time of an event. */
function readers(outside: () => boolean, date: () => number, ms: () => number): Swap[] {
  const format = Reflect.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, 'format')?.get
  const parts: unknown = Reflect.get(Intl.DateTimeFormat.prototype, 'formatToParts')
  const stamp = Reflect.getOwnPropertyDescriptor(Event.prototype, 'timeStamp')?.get
  return [
    [
      Intl.DateTimeFormat.prototype,
      'format',
      function formatOf(this: Intl.DateTimeFormat) {
        const real = Reflect.apply(format as () => (at?: unknown) => string, this, [])
        return (at?: unknown) => real(at === undefined && !outside() ? date() : at)
      },
      true,
    ],
    [
      Intl.DateTimeFormat.prototype,
      'formatToParts',
      function formatParts(this: Intl.DateTimeFormat, at?: unknown): unknown {
        return Reflect.apply(parts as (at: unknown) => unknown, this, [
          at === undefined && !outside() ? date() : at,
        ])
      },
    ],
    [
      Event.prototype,
      'timeStamp',
      function timeStamp(this: Event) {
        return outside() ? Reflect.apply(stamp as () => number, this, []) : ms()
      },
      true,
    ],
  ]
}

/** Swaps for chance. `drew` is told the name of what was asked. */
export function chance(engine: UserEngine, drew: (source: string) => void): Swap[] {
  const { random } = Math
  const draw = (source: string, n: number): number => {
    drew(source)
    return engine.choose(n)
  }
  const swaps: Swap[] = [
    [Math, 'random', () => (engine.mode === DIRECT ? random() : DRAWS[draw('Math.random', DRAWS.length)])],
  ]
  const crypto = Reflect.get(globalThis, 'crypto') as typeof globalThis.crypto | undefined
  if (crypto === undefined) return swaps
  const prototype = Reflect.getPrototypeOf(crypto) as object
  const real = {
    bytes: crypto.getRandomValues.bind(crypto),
    uuid: crypto.randomUUID.bind(crypto),
  }
  const fill = (array: Bytes, source: string): Bytes => {
    const byte = FILLS[draw(source, FILLS.length)] as number
    return new Uint8Array(array.buffer, array.byteOffset, array.byteLength).fill(byte) && array
  }
  const bytes = (array: Bytes): Bytes =>
    engine.mode === DIRECT ? real.bytes(array) : fill(array, 'crypto.getRandomValues')
  const uuid = (): string =>
    engine.mode === DIRECT
      ? real.uuid()
      : `${draw('crypto.randomUUID', 2)}0000000-0000-4000-8000-000000000000`
  return [
    ...swaps,
    [prototype, 'getRandomValues', bytes],
    [prototype, 'randomUUID', uuid],
    ...nodeChance(engine, draw, fill),
    ...nodeGauges(engine, drew),
  ]
}

/** What starts something that would run after the body has returned. */
const LATER = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'requestAnimationFrame',
  'requestIdleCallback',
  'fetch',
] as const

/** Swaps that refuse, while a body runs, what a synchronous exploration cannot follow. */
export function refusals(engine: UserEngine): Swap[] {
  const refused = (object: object | undefined, name: string): Swap[] => {
    const real: unknown = object && Reflect.get(object, name)
    if (object === undefined || typeof real !== 'function') return []
    const refuse = function refuse(this: unknown, ...args: unknown[]): unknown {
      if (!engine.inBody && engine.aside === '') return Reflect.apply(real, this ?? globalThis, args)
      return engine.refuse(unsupported(runsLater(name, engine.aside)))
    }
    return [[object, name, refuse]]
  }
  // Where nothing tells of promises, those that somebody waits for are seen: `then` is called, or `await` asks for the constructor.
  const tells = whatIsTold()
  const promises = tells.ofPromises ? undefined : Promise.prototype
  const ticks = tells.ofAll ? undefined : hostProcess()
  const awaited: Swap[] =
    promises === undefined ? [] : [[promises, 'constructor', refusedAwait(engine), true]]
  return [
    ...LATER.flatMap((name) => refused(globalThis, name)),
    ...refused(prototypeOf('MessagePort'), 'postMessage'),
    ...refused(prototypeOf('BroadcastChannel'), 'postMessage'),
    ...refused(promises, 'then'),
    ...refused(ticks, 'nextTick'),
    ...awaited,
  ]
}

/** A getter, of what `await` asks each promise for. */
function refusedAwait(engine: UserEngine): () => PromiseConstructor {
  const real = Promise
  return () => {
    if (!engine.inBody && engine.aside === '') return real
    return engine.refuse(unsupported(runsLater('await', engine.aside)))
  }
}

function prototypeOf(name: string): object | undefined {
  return (Reflect.get(globalThis, name) as { prototype: object } | undefined)?.prototype
}
