/**
 * The parameters of a torture test, under the names that locktorture, rcutorture and torture.c give them.
 *
 * Rules    every value is a number: milliseconds for times, 0 or 1 for switches, -1 for "as many as suit the machine".
 *          A type lists those it heeds; the Start and End lines print exactly these.
 * Units    those of the kernel where it has seconds or milliseconds; jiffies became milliseconds.
 */
import { parseDuration } from '../base/duration.ts'

type Kind = 'count' | 'auto' | 'switch' | 'seconds' | 'milliseconds' | 'seed'

interface Spec {
  readonly kind: Kind
  readonly value: number
  readonly text: string
  readonly max?: number
}

const SPECS = {
  nwriters_stress: { kind: 'auto', value: -1, max: 64, text: 'write-locking tasks; -1: twice the cores' },
  nreaders_stress: { kind: 'auto', value: -1, max: 64, text: 'read-locking tasks; -1: one per core' },
  nested_locks: {
    kind: 'count',
    value: 0,
    max: 8,
    text: 'further locks a writer may take inside each other',
  },
  long_hold: { kind: 'milliseconds', value: 100, text: 'rare long hold of a lock; 0: never' },
  acq_writer_lim: {
    kind: 'milliseconds',
    value: 0,
    text: 'count acquisitions by writers that took longer; 0: off',
  },
  nfakewriters: {
    kind: 'count',
    value: 4,
    max: 64,
    text: 'tasks that do nothing but wait for grace periods',
  },
  nreaders: { kind: 'auto', value: -1, max: 64, text: 'RCU readers, users of references; -1: one per core' },
  n_up_down: {
    kind: 'count',
    value: 32,
    max: 64,
    text: 'readers that may be open at once and end on another CPU',
  },
  n_barrier_cbs: { kind: 'count', value: 1, max: 8, text: 'tasks that post callbacks for the barrier test' },
  gp_sync: { kind: 'switch', value: 0, text: 'grace periods by synchronize' },
  gp_exp: { kind: 'switch', value: 0, text: 'grace periods by synchronize_expedited' },
  gp_normal: { kind: 'switch', value: 0, text: 'grace periods by callbacks' },
  gp_cond: { kind: 'switch', value: 0, text: 'grace periods by cookie, waited for if need be' },
  gp_poll: { kind: 'switch', value: 0, text: 'grace periods by polled cookie' },
  stutter: {
    kind: 'milliseconds',
    value: 100,
    text: 'run so long, then halt until all is at rest; 0: never',
  },
  stat_interval: { kind: 'seconds', value: 5000, text: 'time between statistics; 0: at the end only' },
  shutdown_secs: { kind: 'seconds', value: 10_000, text: 'length of the test' },
  verbose: { kind: 'switch', value: 0, text: 'tell of each task' },
  seed: { kind: 'seed', value: 1, max: 0xffff_ffff, text: 'seed of every random choice' },
} as const satisfies Record<string, Spec>

/** Name of a parameter. */
export type ParamName = keyof typeof SPECS
/** A value for every parameter. */
export type Params = Readonly<Record<ParamName, number>>

/** All parameters with their meaning, for the help text. */
export const PARAM_NAMES = Object.keys(SPECS) as ParamName[]
export const DEFAULTS = Object.fromEntries(PARAM_NAMES.map((name) => [name, SPECS[name].value])) as Params

const UNIT: Readonly<Record<Kind, string>> = {
  count: '',
  auto: '',
  switch: ' (0 or 1)',
  seconds: ' (seconds)',
  milliseconds: ' (ms)',
  seed: '',
}

/** One line about a parameter: meaning, unit and default. */
export function describeParam(name: ParamName): string {
  const { kind, text } = SPECS[name]
  return `${text}${UNIT[kind]}; default ${formatParam(name, DEFAULTS[name])}`
}

/** True if the text names a parameter. */
export function isParam(name: string): name is ParamName {
  return Object.hasOwn(SPECS, name)
}

function parseTime(text: string, bareUnitMs: number, unit: string): number {
  const ms = parseDuration(text, bareUnitMs)
  // A day is longer than any test and shorter than what a timer can hold.
  if (ms === undefined || ms > 86_400_000) {
    throw new RangeError(`a time up to 24h such as 500ms, 10s, 2m, or a number of ${unit}`)
  }
  return ms
}

/**
 * Value of a parameter from its text.
 * @throws RangeError whose message says what is accepted
 */
export function parseParam(name: ParamName, text: string): number {
  const spec: Spec = SPECS[name]
  if (spec.kind === 'seconds') return parseTime(text, 1000, 'seconds')
  if (spec.kind === 'milliseconds') return parseTime(text, 1, 'milliseconds')
  const min = spec.kind === 'auto' ? -1 : 0
  const max = spec.max ?? 1
  const value = Number(text)
  if (!/^(?!-0+$)-?\d+$/.test(text) || value < min || value > max) {
    throw new RangeError(`a whole number from ${min} to ${max}`)
  }
  return value
}

/** Value as the kernel would print it: in the parameter's own unit. */
function formatParam(name: ParamName, value: number): string {
  return String(SPECS[name].kind === 'seconds' ? value / 1000 : value)
}

/** `a=1 b=2`, as on the Start and End lines. */
export function formatParams(names: readonly ParamName[], params: Params): string {
  return names.map((name) => `${name}=${formatParam(name, params[name])}`).join(' ')
}
