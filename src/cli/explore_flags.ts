/**
 * Flags of `lockstorm explore`, checked before anything runs.
 */
import { availableParallelism } from 'node:os'
import {
  modelNamed,
  models,
  parseReplay,
  SEARCHES,
  type ExploreOptions,
  watchedByLockdep,
  type Model,
} from '../explore/index.ts'
import type { LockFlags } from './lock_flags.ts'
import { badValue, didYouMean, mustBeWritable, UsageError } from './usage.ts'
import { integer, oneOf } from './values.ts'

/** What commander hands over: texts. */
export interface ExploreFlags extends Pick<LockFlags, 'lockdep'> {
  readonly search?: string
  readonly bound?: string
  readonly depth?: string
  readonly budget?: string
  readonly seconds?: string
  readonly seed?: string
  readonly jobs?: string
  readonly times?: string
  readonly engine?: string
  readonly programs?: string
  readonly matrix?: boolean
  readonly write?: string
  readonly rates?: boolean
  readonly json?: string
}

const ENGINES = ['reexec', 'threads'] as const
const MOST_JOBS = 256
const MOST = 1_000_000_000
const MOST_SECONDS = 86_400

function whole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  return text === undefined ? undefined : integer(`--${name}`, text, least, most)
}

function secondsOf({ seconds }: ExploreFlags): number | undefined {
  if (seconds === undefined) return undefined
  const value = seconds.trim() === '' ? Number.NaN : Number(seconds)
  if (!(value > 0 && value <= MOST_SECONDS)) {
    throw badValue('--seconds', seconds, `a number of seconds, at most ${MOST_SECONDS}`)
  }
  return value
}

/** How to search. @throws UsageError */
export function optionsOf(flags: ExploreFlags): ExploreOptions {
  const search = flags.search === undefined ? undefined : oneOf('--search', flags.search, SEARCHES)
  const bound = whole('bound', flags.bound, 0, 100)
  const depth = whole('depth', flags.depth, 1, 100)
  if (bound !== undefined && search !== 'dfs') throw new UsageError('--bound goes with --search dfs')
  if (depth !== undefined && search !== 'pct') throw new UsageError('--depth goes with --search pct')
  const executions = whole('budget', flags.budget, 1, MOST)
  const seconds = secondsOf(flags)
  const seed = whole('seed', flags.seed, 0, MOST)
  return {
    ...(search !== undefined && { search }),
    ...(bound !== undefined && { bound }),
    ...(depth !== undefined && { depth }),
    ...(seed !== undefined && { seed }),
    ...(executions !== undefined && { executions, ms: Infinity }),
    ...(seconds !== undefined && { ms: seconds * 1000, executions: executions ?? Infinity }),
  }
}

/** Cores to search on. @throws UsageError */
export function jobsOf(flags: ExploreFlags): number {
  return whole('jobs', flags.jobs, 1, MOST_JOBS) ?? availableParallelism()
}

/** Times to replay. @throws UsageError */
export function timesOf(flags: ExploreFlags, usual = 1): number {
  return whole('times', flags.times, 1, 1_000_000) ?? usual
}

/** Where to replay. @throws UsageError */
export function engineOf(flags: ExploreFlags): (typeof ENGINES)[number] {
  return flags.engine === undefined ? 'reexec' : oneOf('--engine', flags.engine, ENGINES)
}

/** Programs to fuzz with, and their first seed. @throws UsageError */
export function fuzzOf(flags: ExploreFlags): { readonly programs: number; readonly seed: number } {
  const programs = whole('programs', flags.programs, 1, 10_000_000) ?? 2000
  return { programs, seed: whole('seed', flags.seed, 1, MOST) ?? 1 }
}

/** The models, as the flags want them. */
export function modelsFor(
  { lockdep = false }: ExploreFlags,
  some: readonly Model[] = models,
): readonly Model[] {
  return lockdep ? some.map(watchedByLockdep) : some
}

/** The model of a name. @throws UsageError */
export function wantedModel(name: string): Model {
  const names = models.map((model) => model.name)
  if (names.includes(name)) return modelNamed(name)
  throw new UsageError(
    `model ${name}: there is none of that name${didYouMean(name, names)}; see lockstorm explore`,
  )
}

/** The model a replay string is about. @throws UsageError */
export function wantedReplay(text: string | undefined): { readonly model: Model; readonly text: string } {
  if (text === undefined) throw new UsageError("replay: give it a string such as 'abba@1>1'")
  try {
    const { model, schedule } = parseReplay(text)
    const found = wantedModel(model)
    const stranger = schedule.find(({ cpu }) => cpu >= found.cpus.length)
    if (stranger !== undefined) {
      throw new UsageError(`replay ${text}: ${model} has no cpu-${stranger.cpu}`)
    }
    return { model: found, text }
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message)
    throw error
  }
}

/** What `explore` can be asked for, as the errors name it. */
const MODELS = 'names of models'
const MATRIX = '--matrix'
const RATES = '--rates'
const LIST = 'no names'
type Asked = typeof MODELS | typeof MATRIX | typeof RATES | typeof LIST | 'replay' | 'witness' | 'fuzz'

/** Which of them a flag has a meaning for. `--json`: all. */
const GOES_WITH: Readonly<Record<string, readonly Asked[]>> = {
  search: [MODELS, MATRIX],
  bound: [MODELS, MATRIX],
  depth: [MODELS, MATRIX],
  budget: [MODELS, MATRIX],
  seconds: [MODELS, MATRIX, RATES],
  seed: [MODELS, MATRIX, 'witness', 'fuzz'],
  jobs: [MODELS, MATRIX, RATES, 'fuzz'],
  times: ['replay', 'witness'],
  engine: ['replay'],
  programs: ['fuzz'],
  write: [MATRIX],
  lockdep: [MODELS, MATRIX, 'replay', 'witness'],
}

/** What was asked for. `all` is `--matrix`. @throws UsageError */
export function askedFor(names: readonly string[], { matrix, rates }: ExploreFlags): Asked {
  const [first] = names
  const table = matrix === true ? MATRIX : rates === true ? RATES : undefined
  if (table !== undefined) {
    const stray = matrix === true && rates === true ? RATES : first
    if (stray !== undefined) throw new UsageError(`${table} takes no names, but ${stray} was given`)
    return table
  }
  if (first === undefined) return LIST
  if (first === 'replay' || first === 'witness' || first === 'fuzz') return first
  if (names.includes('all') && names.length > 1) throw new UsageError('all takes no further names')
  return first === 'all' ? MATRIX : MODELS
}

/** Refuses flags that say nothing to what was asked for. @throws UsageError */
export function checkFlags(names: readonly string[], flags: ExploreFlags): void {
  const asked = askedFor(names, flags)
  const stray = Object.keys(flags).find((flag) => GOES_WITH[flag]?.includes(asked) === false)
  if (stray !== undefined) throw new UsageError(`--${stray} goes with ${GOES_WITH[stray]?.join(' or ')}`)
  if (flags.write !== undefined && flags.lockdep === true) {
    throw new UsageError('--write keeps the models as they are written: give no --lockdep')
  }
  mustBeWritable('--write', flags.write)
  mustBeWritable('--json', flags.json)
}
