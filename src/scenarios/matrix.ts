/**
 * The matrix: every scenario under every strategy, as data.
 */
import { availableParallelism } from 'node:os'
import type { LockReport } from '../results/locks.ts'
import { Crew } from './engine/crew.ts'
import { runRepeated } from './engine/repeat.ts'
import { sameCell, type ForcedRun } from './engine/run.ts'
import { expectedOf, SCENARIOS, strategiesOf, variantOf, vendorOf } from '../races/registry.ts'
import { OF_ITS_DAY, type Axis, type Cell, type Explored, type Scenario } from '../define/race.ts'

/** One cell with what was expected of it. */
export interface MatrixCell {
  readonly scenario: string
  readonly strategy: string
  /** What the race varies over, and where that is not the strategy, which member of it this is. */
  readonly axis: Axis
  readonly member?: string
  /** What the vendor's driver does otherwise than on its day, or OF_ITS_DAY. */
  readonly vendor: string
  readonly cell: Cell
  readonly expected: Cell
  readonly asExpected: boolean
  /** What all interleavings up to a bound show, where they were asked for. */
  readonly explored?: Explored
  /** Runs, and how many of them had the verdict and the ladder of the first. */
  readonly times?: number
  readonly same?: number
  /** What lockdep says of the first run. */
  readonly lockReports?: readonly LockReport[]
  /** Steps of the schedule, by index, to whose points nobody came in the first run. */
  readonly missed?: readonly number[]
}

/** Steps of a race's schedule to whose points nobody came in any of its runs. */
export interface Missed {
  readonly steps: readonly number[]
  /**
   * The runs are under all the strategies that there are. Under some a point may be out of reach, because they refuse the race before;
   * under all of them it is none of this race. Where a race has one member of its axis, that may be what keeps it out of reach.
   */
  readonly everywhere: boolean
}

/** What a run of the matrix may choose. */
export interface MatrixOptions {
  readonly scenarios?: readonly Scenario[]
  readonly strategies?: readonly string[]
  /** Runs of each cell. Default 1. */
  readonly times?: number
  /** Keep what lockdep says of each cell. */
  readonly lockdep?: boolean
  readonly progress?: (text: string) => void
  /** Asked before each run: true ends it with the cells there are. */
  readonly stop?: () => boolean
}

/** A cell that has been filled. Throws for a strategy of which nothing is expected: a control. */
function matrixCell(scenario: Scenario, strategy: string, cell?: Cell): MatrixCell {
  const expected = expectedOf(scenario, strategy)
  if (expected === undefined) throw new Error(`${scenario.name} expects nothing of ${strategy}`)
  const found = cell ?? expected
  return {
    scenario: scenario.name,
    strategy,
    ...(scenario.axis ?? { axis: 'strategy' }),
    vendor: vendorOf(scenario, strategy) ?? OF_ITS_DAY,
    cell: found,
    expected,
    asExpected: sameCell(found, expected),
  }
}

/** Compares a run with what was expected. */
export function judged(scenario: Scenario, { strategy, cell, missed }: ForcedRun): MatrixCell {
  return { ...matrixCell(scenario, strategy, cell), missed }
}

/** What the runs of a race have missed. */
export function missedIn(
  scenario: Scenario,
  runs: readonly Pick<MatrixCell, 'strategy' | 'missed'>[],
): Missed {
  const ran = new Set(runs.map(({ strategy }) => strategy))
  const everywhere = scenario.axis === undefined && strategiesOf(scenario).every((name) => ran.has(name))
  const isMissed = (step: number): boolean => runs.every(({ missed = [] }) => missed.includes(step))
  const steps = runs.length === 0 ? [] : scenario.schedule.map((_, step) => step).filter(isMissed)
  return { steps, everywhere }
}

/** Every cell of these rows: the columns of a race are its strategies. */
function cellsOf(scenarios: readonly Scenario[], strategies?: readonly string[]): [Scenario, string][] {
  return scenarios.flatMap((scenario) =>
    strategiesOf(scenario)
      .filter(
        (name) => strategies === undefined || (scenario.axis === undefined && strategies.includes(name)),
      )
      .map((name): [Scenario, string] => [scenario, name]),
  )
}

/** How many cells these rows have, or those columns of them. */
export function matrixSize(scenarios: readonly Scenario[], strategies?: readonly string[]): number {
  return cellsOf(scenarios, strategies).length
}

/** Crews at work at the same time: a forced run keeps one core busy. */
const CREWS = Math.min(4, availableParallelism())

/** Runs the whole matrix, or some rows and columns of it. Cells come in the order of rows and columns. */
export async function runMatrix(options: MatrixOptions = {}): Promise<MatrixCell[]> {
  const { scenarios = SCENARIOS, strategies, times = 1, lockdep, progress, stop } = options
  const cells: MatrixCell[] = []
  const todo = cellsOf(scenarios, strategies)
  const jobs = todo.entries()
  const work = async (): Promise<void> => {
    await using crew = new Crew(true)
    for (const [index, [scenario, strategy]] of jobs) {
      if (stop?.() === true) break
      progress?.(`cell ${index + 1} of ${todo.length}: ${scenario.name} ${variantOf(scenario, strategy)}`)
      const repeated = await runRepeated(crew, scenario, strategy, times, { ...(stop && { stop }) })
      const { first, times: runs, same } = repeated
      const { lockReports } = first
      cells[index] = {
        ...judged(scenario, first),
        times: runs,
        same,
        ...(lockdep === true && { lockReports }),
      }
    }
  }
  await Promise.all(Array.from({ length: CREWS }, work))
  // A run that was stopped leaves gaps.
  return cells.filter((cell) => cell !== undefined)
}

/** The matrix that is expected: what the page shows. */
export function expectedMatrix(): MatrixCell[] {
  return cellsOf(SCENARIOS).map(([scenario, strategy]) => matrixCell(scenario, strategy))
}
