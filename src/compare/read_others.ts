/**
 * Results without a storm's rounds as compare sees them: benches with their rounds, torture with its rates, and verdicts of whatever
 * has any.
 */
import type { BenchResult } from '../../bench/index.ts'
import type { Environment } from '../results/environment.ts'
import type { LitmusRunResult } from '../results/litmus.ts'
import type { TortureRunResult } from '../results/torture.ts'
import { unplugFinding, type UnplugRun } from '../results/unplug.ts'
import { vfioFinding, type VfioRun } from '../results/vfio_storm.ts'
import type { Run, Said, Series } from './run.ts'

type Read = Pick<Run, 'schema' | 'plan' | 'series' | 'said' | 'baselines'>

interface Figure {
  readonly id: string
  readonly contender: string
  readonly values: readonly number[]
}

/** Rows of one case beside its first, which is bare Atomics where there is such a row, or beside the one that is named. */
function beside(rows: readonly Figure[], unit: Series['unit'], named: string | undefined): Series[] {
  return rows.flatMap(({ id, contender, values }) => {
    const same = rows.filter((row) => row.id === id)
    const base = same.find((row) => row.contender === named) ?? same[0]
    if (base?.contender === contender) return []
    return [{ cell: [id, contender], unit, values, against: base?.contender ?? '', base: base?.values ?? [] }]
  })
}

interface BenchFile {
  readonly effort?: { readonly rounds: number; readonly workers: number }
  readonly results?: readonly BenchResult[]
}

/** One value where a file has no rounds: those of older versions, which can be judged with several runs only. */
function bench({ results = [], effort }: BenchFile, named: string | undefined): Read {
  const all = <K extends 'measured' | 'fairness' | 'latency'>(kind: K): BenchResult[K][number][] =>
    results.flatMap((suite) => suite[kind] as BenchResult[K][number][])
  const operations = all('measured').map((row) => ({ ...row, values: row.samples ?? [row.nsPerOp] }))
  const shares = all('fairness').map((row) => ({ ...row, values: row.samples ?? [row.opsPerSecond] }))
  const latencies = all('latency').map((row) => ({ ...row, values: [row.meanNs] }))
  return {
    schema: 'a bench',
    plan: { quick: (effort?.rounds ?? 0) < 5, workers: effort?.workers },
    series: [
      ...beside(operations, 'ns', named),
      ...beside(shares, '/s', named),
      ...beside(latencies, 'ns', named),
    ],
    said: [],
    baselines: [...new Set([...operations, ...shares, ...latencies].map(({ contender }) => contender))],
  }
}

function torture({ results, params, checked }: TortureRunResult, named: string | undefined): Read {
  const rates = results.flatMap(({ type, fairness: [first], perSecond }) =>
    first === undefined ? [] : [{ type, rate: perSecond[first.counter] ?? 0 }],
  )
  const base = rates.find(({ type }) => type === named)
  const series = rates
    .filter(({ type }) => type !== named)
    .map(({ type, rate }): Series => {
      const beside = base === undefined ? {} : { against: base.type, base: [base.rate] }
      return { cell: [type], unit: '/s', values: [rate], ...beside }
    })
  const said = results
    .filter(({ cut, verdict }) => cut !== true || verdict !== 'SUCCESS')
    .map(({ type, verdict, cause }): Said => {
      return { name: type, text: [verdict, cause].join(' ').trim(), kind: 'verdict' }
    })
  const baselines = rates.map(({ type }) => type)
  return { schema: 'torture', plan: { ...params, checked }, series, said, baselines }
}

const only = (schema: string, said: readonly Said[], plan: Run['plan'] = {}): Read => {
  return { schema, plan, series: [], said, baselines: [] }
}

interface Cell {
  readonly scenario: string
  readonly strategy: string
  readonly member?: string
  readonly cell: { readonly outcome: string; readonly seenBy: readonly string[] }
}

/** Races, forced. */
function races({ result }: { readonly result: readonly Cell[] }): Read {
  const said = result.map(({ scenario, strategy, member, cell: { outcome, seenBy } }): Said => {
    const seen = seenBy.length === 0 ? '' : `, seen by ${seenBy.join(', ')}`
    return { name: `${scenario} under ${member ?? strategy}`, text: outcome + seen, kind: 'verdict' }
  })
  return only('races', said)
}

interface Explored {
  readonly model: string
  readonly failure?: { readonly kind: string }
}

function models({ result }: { readonly result: readonly Explored[] }): Read {
  const text = ({ failure }: Explored): string => failure?.kind ?? 'no failure'
  return only(
    'models',
    result.map((one) => ({ name: one.model, text: text(one), kind: 'verdict' })),
  )
}

function unplug({ results, plan }: UnplugRun): Read {
  const { command: _, seed: _seed, fences, ...rest } = plan
  const said = results.map((row): Said => {
    const found = unplugFinding(row)
    return { name: row.fence, text: found ? 'let something through' : 'tight', kind: 'verdict' }
  })
  return only('an unplug storm', said, { ...rest, fence: fences })
}

function vfio({ results, plan }: VfioRun): Read {
  const { command: _, seed: _seed, ...rest } = plan
  const said = results.map((row): Said => {
    return { name: row.strategy, text: vfioFinding(row) ? 'broken' : 'whole', kind: 'verdict' }
  })
  return only('a VFIO storm', said, rest)
}

function litmus({ results }: LitmusRunResult): Read {
  const said = results.map(({ test, ok }): Said => {
    return { name: test, text: ok ? 'nothing forbidden' : 'a forbidden outcome', kind: 'verdict' }
  })
  return only('litmus tests', said)
}

const READERS: readonly (readonly [RegExp, (result: never, named: string | undefined) => Read])[] = [
  [/^lockstorm\/bench@/, bench],
  [/^lockstorm\/torture@/, torture],
  [/^lockstorm\/scenario-(matrix|run)@/, races],
  [/^lockstorm\/explore-(matrix|run)@/, models],
  [/^lockstorm\/unplug@/, unplug],
  [/^lockstorm\/vfio@/, vfio],
  [/^lockstorm\/litmus@/, litmus],
]

/** The run of a result; undefined where there is nothing to compare in it. */
export function otherRun(
  file: string,
  result: { readonly schema: string },
  named: string | undefined,
): Run | undefined {
  const read = READERS.find(([schema]) => schema.test(result.schema))?.[1]
  if (read === undefined) return undefined
  const { env } = result as { readonly schema: string; readonly env: Environment }
  return { file, env, notes: [], ...read(result as never, named) }
}
