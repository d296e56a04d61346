/**
 * `scenario FILE --explore --near report.json`: in which order the CPUs of a user's race did what they did when it happened, for the
 * explorer to begin with.
 */
import { counted } from '../base/plural.ts'
import { executionsOf, type Verdict } from '../explore/index.ts'
import type { Guide } from '../explore/searches/near.ts'
import { readResult } from '../results/io.ts'
import type { Scenario } from '../scenarios/index.ts'
import { UsageError } from './usage.ts'

const WANTED =
  'the report of a race of a file in which it has happened: lockstorm scenario FILE --json REPORT, with --stress n or without'
const SCHEMAS = ['lockstorm/scenario-run@1', 'lockstorm/scenario-stress@1']

interface Result {
  readonly scenario?: unknown
  readonly strategy?: unknown
  readonly order?: unknown
}

function refuse(report: string, why: string): never {
  throw new UsageError(`--near ${report}: ${why}`)
}

/** @throws UsageError */
function resultsIn(report: string): readonly Result[] {
  let found: { readonly schema: string; readonly result?: unknown }
  try {
    found = readResult(report)
  } catch (error) {
    throw new UsageError(`--near ${(error as Error).message}; wanted ${WANTED}`)
  }
  if (!SCHEMAS.includes(found.schema)) refuse(report, `it is a ${found.schema}; wanted ${WANTED}`)
  if (!Array.isArray(found.result)) refuse(report, `it has no results; wanted ${WANTED}`)
  return found.result as readonly Result[]
}

/** The CPUs in the order of the lines. @throws UsageError */
function guideIn(report: string, lines: readonly unknown[], cpus: number): Guide {
  return lines.flatMap((line) => {
    const [, cpu = '', count = ''] = /^(\d+) (\d{1,6})$/.exec(String(line)) ?? []
    if (count === '' || Number(cpu) >= cpus)
      refuse(
        report,
        `its line ${JSON.stringify(line)} is not of the form '1 12', a CPU of the race and how often`,
      )
    return Array.from({ length: Number(count) }, () => Number(cpu))
  })
}

/** What the report has of the race, by strategy. @throws UsageError if it has nothing */
export function guidesOfRace(
  report: string,
  { name, cpus }: Scenario,
  under: readonly string[],
): ReadonlyMap<string, Guide> {
  const results = resultsIn(report)
  const mine = results.filter(({ scenario }) => scenario === name)
  if (mine.length === 0) {
    const theirs = [...new Set(results.map(({ scenario }) => String(scenario)))].join(', ')
    refuse(report, `it is about ${theirs || 'nothing'}, and the race is ${name}; wanted ${WANTED}`)
  }
  const guides = new Map<string, Guide>()
  for (const { strategy, order } of mine) {
    if (typeof strategy === 'string' && under.includes(strategy) && Array.isArray(order))
      guides.set(strategy, guideIn(report, order, cpus.length))
  }
  if (guides.size === 0)
    refuse(
      report,
      `it has no order of events of ${name} under ${under.join(', ')}: the race has not happened there`,
    )
  return guides
}

/** What came of the search near it. */
export function nearText(report: string, strategy: string, verdict: Verdict | undefined): string {
  if (verdict === undefined) return `${strategy}: near ${report}: nothing is known`
  const { failure } = verdict
  const what = failure === undefined ? 'no failure' : `${failure.kind} in execution ${failure.at}`
  return `${strategy}: near ${report}: ${what}, ${counted(executionsOf(verdict), 'execution')}`
}
