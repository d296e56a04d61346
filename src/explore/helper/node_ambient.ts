/**
 * The same as ambient.ts of what only Node has, by the modules that it is imported from. Who has taken a function out of such a module
 * by `require` before the run is not seen; an `import` is.
 */
import type * as Crypto from 'node:crypto'
import type * as Os from 'node:os'
import { DIRECT } from '../engine/mode.ts'
import { builtin, hostProcess } from './builtin.ts'
import type { UserEngine } from './engine.ts'

/** A property of a global object, and what it is while a program is explored. */
export type Swap = readonly [object: object, key: string, value: unknown, isGetter?: true]

const NS_PER_S = 1_000_000_000
/** Where between its ends a number lies that is drawn. */
const BETWEEN = [0, 0.3, 0.6, 1] as const

type Bytes = Uint8Array<ArrayBuffer>
type Fill = (array: Bytes, source: string) => Bytes
type Any = (...args: unknown[]) => unknown

/** Imports of Node's modules see what has been put in place, or back. */
export function syncImports(): void {
  const module = builtin('node:module') as { syncBuiltinESMExports?: () => void } | undefined
  module?.syncBuiltinESMExports?.()
}

/** Swaps for chance. `draw` chooses one of n, `fill` fills bytes. */
export function nodeChance(
  engine: UserEngine,
  draw: (source: string, n: number) => number,
  fill: Fill,
): Swap[] {
  const crypto = builtin('node:crypto') as typeof Crypto | undefined
  if (crypto?.randomInt === undefined) return []
  const { randomInt } = crypto
  const swap = (name: keyof typeof Crypto, fake: Any): Swap[] => {
    const real = crypto[name] as Any | undefined
    if (real === undefined) return []
    // What is given a callback or is asked outside of a body is answered by Node: from_outside.ts refuses the former.
    const either = (...args: unknown[]): unknown =>
      engine.mode === DIRECT || typeof args.at(-1) === 'function' ? real(...args) : fake(...args)
    return [[crypto, name, either]]
  }
  const int = (...args: unknown[]): number => {
    const [from, to] = (args.length > 1 ? args : [0, args[0]]) as [number, number]
    // Node says what is wrong with what it is given.
    randomInt(from, to)
    return from + Math.floor((to - from - 1) * BETWEEN[draw('crypto.randomInt', BETWEEN.length)]!)
  }
  const part = (array: unknown, offset: unknown = 0, size?: unknown): unknown => {
    const view = ArrayBuffer.isView(array) ? array : new Uint8Array(array as ArrayBuffer)
    const { buffer, byteOffset, byteLength } = view
    const unit = (Reflect.get(view, 'BYTES_PER_ELEMENT') as number | undefined) ?? 1
    const start = Number(offset) * unit
    const length = size === undefined ? byteLength - start : Number(size) * unit
    fill(new Uint8Array(buffer as ArrayBuffer, byteOffset + start, length), 'crypto.randomFillSync')
    return array
  }
  // getRandomValues of the module is a getter, of what ambient.ts puts in place.
  return [
    ...swap('randomInt', int),
    ...swap('randomBytes', (size) => fill(Buffer.alloc(size as number), 'crypto.randomBytes')),
    ...swap('randomFillSync', part),
    ...swap('randomUUID', () => globalThis.crypto.randomUUID()),
  ]
}

/** What says how the process or the machine does: it is asked, and differs each time. */
const GAUGES: readonly (readonly [module: string, names: readonly string[]])[] = [
  ['process', ['cpuUsage', 'threadCpuUsage', 'memoryUsage', 'resourceUsage', 'availableMemory']],
  ['performance', ['mark', 'measure', 'eventLoopUtilization']],
  ['Temporal.Now', ['instant', 'plainDateISO', 'plainTimeISO', 'plainDateTimeISO', 'zonedDateTimeISO']],
  ['os', ['freemem', 'loadavg']],
  ['v8', ['getHeapStatistics']],
  ['crypto', ['generateKeySync', 'generateKeyPairSync', 'generatePrimeSync']],
]

function found(module: string): object | undefined {
  if (module === 'performance') return performance
  if (module !== 'Temporal.Now') return builtin(`node:${module}`) as object | undefined
  return (Reflect.get(globalThis, 'Temporal') as { readonly Now: object } | undefined)?.Now
}

/** Swaps for clocks, and for what a body that asks it does not have alike each time. */
export function nodeGauges(engine: UserEngine, drew: (source: string) => void): Swap[] {
  const gauge = (real: Any, object: object, source: string): Any => {
    const asked = (...args: unknown[]): unknown => {
      if (engine.mode !== DIRECT) drew(source)
      return Reflect.apply(real, object, args)
    }
    const parts = Object.entries(real) as [string, Any][]
    return Object.assign(
      asked,
      Object.fromEntries(parts.map(([key, part]) => [key, gauge(part, real, `${source}.${key}`)])),
    )
  }
  const told = GAUGES.flatMap(([module, names]): Swap[] => {
    const object = found(module)
    return names.flatMap((name): Swap[] => {
      const real = (object as Record<string, Any | undefined> | undefined)?.[name]
      return object === undefined || real === undefined
        ? []
        : [[object, name, gauge(real, object, `${module}.${name}`)]]
    })
  })
  const uptimes = [hostProcess(), builtin('node:os') as typeof Os | undefined].flatMap((object): Swap[] => {
    if (object?.uptime === undefined) return []
    const real = object.uptime.bind(object)
    return [[object, 'uptime', () => (engine.mode === DIRECT ? real() : engine.ktime_get_ns() / NS_PER_S)]]
  })
  return [...told, ...uptimes]
}
