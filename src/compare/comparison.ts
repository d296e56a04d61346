/**
 * Two sides, compared: figures, verdicts, and what a reader should know of them.
 */
import type { Environment } from '../results/environment.ts'
import { priorityText } from '../results/priority.ts'
import { spelled } from '../base/spelled.ts'
import {
  ENOUGH_RUNS,
  judge,
  meanChange,
  type JudgedCell,
  type Judgement,
  type JudgeOptions,
} from './judge.ts'
import { NotComparable } from './read.ts'
import { keyOf, type Run } from './run.ts'

/** How to compare. */
export interface CompareOptions extends JudgeOptions {
  /** Only what has one of these in its name; undefined: all. */
  readonly filter?: readonly string[] | undefined
  /** Another machine makes runs incomparable. */
  readonly sameMachine?: boolean
}

/** Something that one side says and the other did not. */
export interface ChangedVerdict {
  readonly name: string
  readonly was: string
  readonly is: string
}

/** Name of the schema. */
export const COMPARE_SCHEMA = 'lockstorm/compare@1'

/** Of two results of one plan nothing is left that could be judged. */
export class NothingToJudge extends NotComparable {
  override readonly name: string = 'NothingToJudge'
}

/** What a comparison comes to. */
export interface Comparison extends Judgement {
  readonly schema: typeof COMPARE_SCHEMA
  /** What kind of result was compared: `a storm`. */
  readonly kind: string
  readonly runs: readonly [was: number, is: number]
  readonly alpha: number
  readonly least: number
  /** Verdicts on both sides, and those that changed. */
  readonly verdicts: number
  readonly changed: readonly ChangedVerdict[]
  /** Geometric mean of the changes; null if nothing was judged. */
  readonly geomean: number | null
  readonly notes: readonly string[]
  /** Something is slower, or says what it did not say. */
  readonly finding: boolean
}

const shown = (value: unknown): string =>
  Array.isArray(value) ? value.join(',') : typeof value === 'string' ? value : JSON.stringify(value)

/** Throws where the runs are not of one plan; `first` is one of them. */
function mustBeAlike(first: Run, all: readonly Run[]): void {
  for (const run of all) {
    if (run.schema !== first.schema) {
      throw new NotComparable(`${first.file} is ${first.schema}, ${run.file} is ${run.schema}`)
    }
    const differs = Object.keys(first.plan).filter(
      (key) => key in run.plan && shown(run.plan[key]) !== shown(first.plan[key]),
    )
    if (differs.length === 0) continue
    const each = differs.map(
      (key) => `${spelled(key)} ${shown(first.plan[key])} against ${shown(run.plan[key])}`,
    )
    throw new NotComparable(`${first.file} and ${run.file} are of different plans: ${each.join('; ')}`)
  }
}

const MACHINE: readonly (readonly [keyof Environment, string])[] = [
  ['node', 'Node'],
  ['cores', 'cores'],
  ['cpuModel', 'processor'],
  ['arch', 'architecture'],
  ['governor', 'governor'],
]

/** In what the machines differ, one text each. */
function otherMachines(a: readonly Run[], b: readonly Run[]): string[] {
  return MACHINE.flatMap(([key, name]) => {
    const known = (runs: readonly Run[]): string[] => runs.map(({ env }) => shown(env[key] ?? ''))
    const values = (runs: readonly Run[]): string =>
      [...new Set(known(runs).filter((text) => text !== ''))].join(' and ')
    const [was, is] = [values(a), values(b)]
    return was === is || was === '' || is === '' ? [] : [`${name} ${was} against ${is}`]
  })
}

/** How the runs were ranked among other processes, if not alike; beside other work times move with it. */
function otherPriorities(a: readonly Run[], b: readonly Run[]): string[] {
  const [was = '', is = ''] = [a, b].map((runs) => {
    const known = runs.map(({ env }) => priorityText(env.priority)).filter((text) => text !== '')
    return [...new Set(known)].join(' and ')
  })
  if (was === '' || is === '' || was === is) return []
  return [`the runs had different priorities, ${was} against ${is}: beside other work that changes times`]
}

function notesOf(a: readonly Run[], b: readonly Run[], machines: readonly string[]): string[] {
  const each = new Map<string, Set<string>>()
  for (const run of [...a, ...b]) {
    for (const note of run.notes) each.set(note, (each.get(note) ?? new Set()).add(run.file))
  }
  const few =
    `fewer than ${ENOUGH_RUNS} runs a side: what one process has from start to end is not told from a change, so that only a change ` +
    'whose whole interval is beyond twice the least one counts; absolute times are not judged. `storm --runs 6` makes six runs'
  return [
    ...machines.map((text) => `another machine: ${text}; only ratios to the baseline are comparable`),
    ...otherPriorities(a, b),
    ...(Math.min(a.length, b.length) < ENOUGH_RUNS && a[0]?.series.length !== 0 ? [few] : []),
    ...[...each].map(([note, files]) => `${[...files].join(', ')}: ${note}`),
  ]
}

/** Where runs were left out. */
function leftOut(cells: readonly JudgedCell[], [was, is]: readonly [number, number]): string[] {
  const fewer = cells.filter(({ runs: [a, b] }) => a < was || b < is)
  if (fewer.length === 0) return []
  const least = Math.min(...fewer.flatMap(({ runs }) => runs))
  return [
    `${fewer.length} of ${cells.length} rows were judged from fewer runs, ${least} a side at least: where a row or its baseline was not ` +
      'steady, that run is left out of it',
  ]
}

/** What a side says, by name: every text that any of its runs has. */
function saidBy(runs: readonly Run[], wanted: (name: string) => boolean): Map<string, Map<string, boolean>> {
  const all = new Map<string, Map<string, boolean>>()
  for (const { name, text, kind, broken } of runs.flatMap(({ said }) => said)) {
    if (!wanted(name)) continue
    const texts = all.get(name) ?? new Map<string, boolean>()
    all.set(name, texts.set(text, kind === 'verdict' || broken === true))
  }
  return all
}

/** Verdicts of both sides, states not counted, and what the second says that the first never said. */
function verdictsOf(
  a: readonly Run[],
  b: readonly Run[],
  wanted: (name: string) => boolean,
): { readonly both: number; readonly changed: ChangedVerdict[] } {
  const [was, is] = [saidBy(a, wanted), saidBy(b, wanted)]
  const both = [...is].filter(([name]) => was.has(name))
  const changed = both.flatMap(([name, texts]) => {
    const before = [...(was.get(name) as Map<string, boolean>).keys()]
    const fresh = [...texts].filter(([text, counts]) => counts && !before.includes(text))
    return fresh.map(([text]) => ({ name, was: before.join('; '), is: text }))
  })
  const verdicts = new Set(
    b.flatMap(({ said }) => said.filter(({ kind }) => kind === 'verdict').map(({ name }) => name)),
  )
  return { both: both.filter(([name]) => verdicts.has(name)).length, changed }
}

function whyNothing({ unjudged: [first] }: Judgement, filter: CompareOptions['filter']): string {
  if (first !== undefined) return `${first.cell.join(', ')}: ${first.why}`
  return filter === undefined ? 'they have nothing in common' : `--filter ${filter.join()} leaves nothing`
}

/**
 * Compares.
 * @throws NotComparable where plans differ; NothingToJudge where nothing is left
 */
export function compare(a: readonly Run[], b: readonly Run[], options: CompareOptions): Comparison {
  const { filter, alpha, least } = options
  const first = a[0] as Run
  mustBeAlike(first, [...a.slice(1), ...b])
  const machines = otherMachines(a, b)
  if (options.sameMachine === true && machines.length > 0) {
    throw new NotComparable(`--same-machine: ${machines.join('; ')}`)
  }
  const wanted = (name: string): boolean => filter === undefined || filter.some((part) => name.includes(part))
  const kept = (runs: readonly Run[]): Run[] =>
    runs.map((run) => ({ ...run, series: run.series.filter((series) => wanted(keyOf(series))) }))
  const judgement = judge(kept(a), kept(b), options)
  const { both, changed } = verdictsOf(a, b, wanted)
  const { cells } = judgement
  if (cells.length === 0 && both === 0 && changed.length === 0) {
    throw new NothingToJudge(`nothing can be judged: ${whyNothing(judgement, filter)}`)
  }
  return {
    schema: COMPARE_SCHEMA,
    kind: first.schema,
    runs: [a.length, b.length],
    alpha,
    least,
    ...judgement,
    verdicts: both,
    changed,
    geomean: meanChange(cells) ?? null,
    notes: [...notesOf(a, b, machines), ...leftOut(cells, [a.length, b.length])],
    finding: changed.length > 0 || cells.some(({ verdict }) => verdict === 'slower'),
  }
}
