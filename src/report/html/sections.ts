/**
 * Results as sections of a page, one per file: which figures, tables and ladders, by schema.
 */
import type { BenchResult } from '../../../bench/index.ts'
import type { Judged } from '../../../bench/targets.ts'
import type { Comparison } from '../../compare/index.ts'
import type { Verdict } from '../../explore/verdict.ts'
import type { Environment } from '../../results/environment.ts'
import type { GrowthRun } from '../../results/growth.ts'
import type { LitmusRunResult } from '../../results/litmus.ts'
import type { StormPlan } from '../../results/storm.ts'
import { counted } from '../../base/plural.ts'
import type { OwnRun } from '../../results/own_storm.ts'
import { asStormRuns } from '../../results/storm_read.ts'
import type { TortureRunResult } from '../../results/torture.ts'
import type { Trace } from '../../results/trace.ts'
import type { UnplugRun } from '../../results/unplug.ts'
import type { VfioRun } from '../../results/vfio_storm.ts'
import { OF_ITS_DAY } from '../../define/race.ts'
import type { MatrixCell } from '../../scenarios/matrix.ts'
import type { ForcedRun } from '../../scenarios/engine/run.ts'
import { suiteText, targetsText } from '../bench_tables.ts'
import { compareBlocks } from '../compare_text.ts'
import { expectedText, verdictText } from '../explore_matrix.ts'
import { litmusSummary, litmusTable } from '../litmus_table.ts'
import { ownTables } from '../own_table.ts'
import { answeredText, cellText, matrixText } from '../scenario_matrix.ts'
import { bad, good } from '../style.ts'
import { tortureTable } from '../torture_table.ts'
import { unplugTables } from '../unplug_table.ts'
import { vfioTables } from '../vfio_table.ts'
import type { Part, Section } from './document.ts'
import { growthParts } from './growth_section.ts'
import { stormParts } from './storm_section.ts'
import { traceParts } from './trace_section.ts'

/** A result of any schema. */
export interface Result {
  readonly schema: string
  readonly env?: Environment
  readonly command?: string
}

interface Shown {
  readonly title: string
  readonly parts: readonly Part[]
}

/** Ladders that stand open; the others are behind a line. */
const OPEN_LADDERS = 3

function ladders(all: readonly { readonly name: string; readonly lines: readonly string[] }[]): Part[] {
  const shown = all.filter(({ lines }) => lines.length > 2)
  const parts = shown.map(({ name, lines }) => ({ steps: name, ladder: lines }))
  const rest = parts.slice(OPEN_LADDERS)
  return [
    ...parts.slice(0, OPEN_LADDERS),
    ...(rest.length === 0 ? [] : [{ folded: `${rest.length} more ladders`, parts: rest }]),
  ]
}

function matrix({ result }: { readonly result: readonly MatrixCell[] }): Shown {
  // Older results do not say which vendor.
  const cells = result.map((cell) => ({ ...cell, vendor: (cell.vendor as string | undefined) ?? OF_ITS_DAY }))
  const times = Math.max(1, ...result.map(({ times: runs }) => runs ?? 1))
  return { title: 'Races by strategy: what happens, and who sees it', parts: matrixText(cells, times, true) }
}

type Forced = ForcedRun & { readonly asExpected: boolean; readonly expected?: { readonly outcome: string } }

function forced({ result }: { readonly result: readonly Forced[] }): Shown {
  const rows = result.map(({ strategy, cell, asExpected }) => [
    strategy,
    cellText(cell),
    cell.answers.join(', '),
    asExpected ? good('yes') : bad('NO'),
  ])
  const all = result.map(({ scenario, strategy, cell, ladder }) => ({
    name: `${scenario} under ${strategy}: ${answeredText(cell)}`,
    lines: ladder,
  }))
  const title = `The race ${result[0]?.scenario ?? ''}, forced`
  return {
    title,
    parts: [
      { head: ['strategy', 'outcome', 'answers', 'as expected'], rows, left: 3, wrap: ['outcome'] },
      ...ladders(all),
    ],
  }
}

interface FreeRun {
  readonly strategy: string
  readonly runs: number
  readonly happened: number
  readonly hung: number
  readonly asExpected: boolean
}

function free({ result }: { readonly result: readonly FreeRun[] }): Shown {
  const rows = result.map(({ strategy, runs, happened, hung, asExpected }) => [
    strategy,
    String(runs),
    String(happened),
    String(hung),
    asExpected ? good('yes') : bad('NO'),
  ])
  return {
    title: 'A race, left free',
    parts: [{ head: ['strategy', 'runs', 'happened', 'hung', 'as expected'], rows }],
  }
}

function models({ result }: { readonly result: readonly Verdict[] }): Shown {
  const rows = result.map((verdict) => [
    verdict.model,
    verdict.ok ? good(verdictText(verdict)) : bad(verdictText(verdict)),
    expectedText(verdict),
    verdict.coverage.reduce((sum, { executions }) => sum + executions, 0).toLocaleString('en'),
    verdict.summary,
  ])
  const failed = result.flatMap(({ model, failure }) =>
    failure === undefined
      ? []
      : [{ name: `${model}: ${failure.kind}; replay '${failure.replay}'`, lines: failure.ladder }],
  )
  const table = {
    head: ['model', 'verdict', 'expected', 'executions', 'what it is'],
    rows,
    left: 3,
    wrap: ['verdict', 'what it is'],
  }
  const parts =
    result.length > 40
      ? [...matrixSummary(result), { folded: `All ${result.length} models`, parts: [table] }]
      : [table]
  return {
    title: 'Every interleaving, explored',
    parts: [...parts, ...(result.length > 40 ? [] : ladders(failed))],
  }
}

function matrixSummary(result: readonly Verdict[]): Part[] {
  const wrong = result.filter(({ ok }) => !ok)
  const holds = result.filter(({ verdict }) => verdict === 'holds').length
  const text = `${result.length} models: ${holds} exhausted without a failure, ${result.length - wrong.length} as expected.`
  return [
    { prose: text },
    ...wrong.map((one) => `${bad('NOT AS EXPECTED')}: ${one.model}: ${verdictText(one)}`),
  ]
}

interface Replayed {
  readonly result: {
    readonly first: { readonly outcome: string; readonly ladder: readonly string[]; readonly replay?: string }
  }
}

function replay({ result: { first } }: Replayed): Shown {
  const name = `${first.outcome}; replay '${first.replay ?? ''}'`
  return { title: 'A schedule, replayed', parts: ladders([{ name, lines: first.ladder }]) }
}

interface BenchFile {
  readonly results?: readonly BenchResult[]
  readonly targets?: readonly Judged[]
}

function bench({ results = [], targets = [] }: BenchFile): Shown {
  const parts = results.flatMap((one) => suiteText(one))
  return {
    title: 'What single operations cost',
    parts: [...parts, ...(targets.length > 0 ? targetsText(targets) : [])],
  }
}

function torture({ results, params, checked }: TortureRunResult): Shown {
  const given = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  const build = checked ? 'in the checked build' : 'in the fast build'
  const what = { folded: 'Parameters', parts: [given.join(' ')] }
  return { title: `Torture, ${build}`, parts: [...tortureTable(results), what] }
}

function litmus({ results }: LitmusRunResult): Shown {
  const tables = results.flatMap((one) => litmusTable(one))
  return {
    title: 'Litmus tests',
    parts: [litmusSummary(results), { folded: 'Every outcome', parts: tables }],
  }
}

const READERS: readonly (readonly [RegExp, (result: never) => Shown])[] = [
  [
    /^lockstorm\/trace@/,
    (run: Trace) => ({ title: 'What every CPU did, moment by moment', parts: traceParts(run) }),
  ],
  [
    /^lockstorm\/growth@/,
    (run: GrowthRun) => ({ title: 'What a device costs when many are there', parts: growthParts(run) }),
  ],
  [/^lockstorm\/scenario-matrix@/, matrix],
  [/^lockstorm\/scenario-run@/, forced],
  [/^lockstorm\/scenario-stress@/, free],
  [/^lockstorm\/explore-(matrix|run)@/, models],
  [/^lockstorm\/explore-replay@/, replay],
  [
    /^lockstorm\/unplug@/,
    (run: UnplugRun) => ({
      title: 'Fences: a device is taken away from its users',
      parts: unplugTables(run),
    }),
  ],
  [/^lockstorm\/vfio@/, (run: VfioRun) => ({ title: 'Users of devices that go', parts: vfioTables(run) })],
  [
    /^lockstorm\/own-storm@/,
    (run: OwnRun) => ({ title: `A storm of ${run.plan.workload}`, parts: ownTables(run) }),
  ],
  [/^lockstorm\/torture@/, torture],
  [/^lockstorm\/bench@/, bench],
  [/^lockstorm\/litmus@/, litmus],
  [/^lockstorm\/compare@/, (found: Comparison) => ({ title: 'Compared', parts: compareBlocks(found) })],
]

function storm(result: Result): (Shown & { readonly env: Environment }) | undefined {
  const runs = asStormRuns(result)
  const [first] = runs ?? []
  if (runs === undefined || first === undefined) return undefined
  return { title: stormTitle(first.plan), parts: stormParts(runs), env: first.env }
}

function stormTitle({ parents, devices, phase, cpus }: StormPlan): string {
  const what = phase === 'churn' ? 'come and go' : 'are created and removed at once'
  const who = cpus.length > 1 ? `by ${cpus.join(', ')} CPUs` : `by ${counted(cpus[0] ?? 0, 'CPU')}`
  return `A storm: ${parents * devices} devices on ${counted(parents, 'parent')} ${what} ${who}`
}

/** The section of a result; undefined where no page shows such a one. */
export function sectionOf(file: string, result: Result): Section | undefined {
  const stormed = storm(result)
  const read = READERS.find(([schema]) => schema.test(result.schema))?.[1]
  const shown = stormed ?? read?.(result as never)
  if (shown === undefined) return undefined
  const env = stormed?.env ?? result.env
  const { title, parts } = shown
  const made = result.command === undefined ? {} : { command: result.command }
  return { title, parts, source: { file, schema: result.schema, ...(env !== undefined && { env }), ...made } }
}
