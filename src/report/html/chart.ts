/**
 * Charts as data. Scales are here, so that all who draw them agree; nothing here knows of HTML.
 */

import { duration } from '../text.ts'

/** A value along an axis with what stands there. */
export interface Tick {
  readonly at: number
  readonly text: string
}

/** One axis of a chart. */
export interface Axis {
  readonly label: string
  readonly log?: boolean
  readonly ticks: readonly Tick[]
  readonly low: number
  readonly high: number
}

/** One line, or a row of points. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Between what and what the truth lies, point by point. */
  readonly band?: readonly (readonly [x: number, low: number, high: number])[]
  /** What stands at each point for who points at it. */
  readonly tips?: readonly string[]
}

/** Lines over two axes. */
export interface Lines {
  readonly kind: 'lines'
  readonly title: string
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
}

/** A value with its interval per name, along one axis. */
export interface Dots {
  readonly kind: 'dots'
  readonly title: string
  readonly x: Axis
  readonly rows: readonly {
    readonly name: string
    readonly at: number
    readonly low: number
    readonly high: number
    readonly tip: string
    /** A word behind the name: `not steady`. */
    readonly mark?: string
  }[]
}

/** A stack of parts per name, along one axis. */
export interface Bars {
  readonly kind: 'bars'
  readonly title: string
  readonly x: Axis
  /** Names of parts in the order of their colours. */
  readonly parts: readonly string[]
  readonly rows: readonly {
    readonly name: string
    readonly parts: readonly { readonly name: string; readonly value: number; readonly tip: string }[]
  }[]
}

/** What lanes did over time. */
export interface Spans {
  readonly kind: 'spans'
  readonly title: string
  readonly x: Axis
  /** Kinds in the order of their colours. */
  readonly kinds: readonly string[]
  readonly lanes: readonly {
    readonly name: string
    readonly spans: readonly {
      readonly kind: number
      readonly from: number
      readonly to: number
      readonly tip: string
    }[]
  }[]
}

export type Chart = Lines | Dots | Bars | Spans

/** A time on an axis: whole ones without a fraction, and nothing without a unit. */
export function timeTick(ns: number): string {
  return ns === 0 ? '0' : duration(ns).replace(/\.0+(?= )/, '')
}

/** Where a value lies on an axis: 0 to 1. */
export function place({ log, low, high }: Axis, value: number): number {
  const of = (x: number): number => (log === true ? Math.log(Math.max(x, low)) : x)
  return high > low ? Math.min(1, Math.max(0, (of(value) - of(low)) / (of(high) - of(low)))) : 0.5
}

/** Steps of 1, 2 or 5 times a power of ten. */
function niceStep(range: number, most: number): number {
  const rough = range / most
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= rough) ?? rough
}

const MOST_TICKS = 5

/** An axis from 0. */
export function linear(label: string, values: readonly number[], text: (value: number) => string): Axis {
  const top = Math.max(...values, 0) || 1
  const step = niceStep(top, MOST_TICKS)
  const high = Math.ceil(top / step - 1e-9) * step
  const count = Math.round(high / step)
  const ticks = Array.from({ length: count + 1 }, (_, i) => ({ at: i * step, text: text(i * step) }))
  return { label, low: 0, high, ticks }
}

/** A logarithmic axis, with ticks at powers of ten, and at 2 and 5 times those where there are few of them. */
export function logarithmic(label: string, values: readonly number[], text: (value: number) => string): Axis {
  const positive = values.filter((value) => value > 0)
  const [min, max] = [Math.min(...positive, 1e15), Math.max(...positive, 1e-15)]
  const [low, high] = min > max ? [1, 10] : [min * 0.9, max * 1.1]
  const decades = Math.log10(high / low)
  const factors = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 1.5, 2, 3, 5, 7]
  const first = Math.floor(Math.log10(low))
  const all = Array.from({ length: Math.ceil(decades) + 2 }, (_, i) =>
    factors.map((f) => f * 10 ** (first + i)),
  ).flat()
  const ticks = all.filter((at) => at >= low && at <= high).map((at) => ({ at, text: text(at) }))
  return { label, log: true, low, high, ticks }
}

/** Colours go by name, so that a strategy has the same one everywhere. The floor has none. */
export const COLOURS = 12
const NAMES = [
  'global',
  'placeholder',
  'per-parent',
  'rwsem',
  'refcount',
  'srcu',
  'modern',
  'sharded',
  'gate-only',
  'driver-attach',
  'remove-attribute',
]

/** Number of the colour of a name; `i`: its place among those that have no colour of their own. */
export function colourOf(name: string, i: number): number {
  const known = NAMES.indexOf(name)
  return known >= 0 ? known : (COLOURS - 1 + i) % COLOURS
}
