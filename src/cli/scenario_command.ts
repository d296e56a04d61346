/**
 * What stands behind `lockstorm scenario`.
 */
import { broughtNamed } from '../define/brought.ts'
import { strategyNamed } from '../mdev/index.ts'
import { lockText } from '../report/lock_text.ts'
import { ladderEvents, LADDER_TIME, type NamedLadder } from '../report/ladder_trace.ts'
import { answeredText, matrixPage, matrixText } from '../report/scenario_matrix.ts'
import { forcedBlocks, forcedVerdict, heardBlocks, missedTexts } from '../report/scenario_text.ts'
import { bad } from '../report/style.ts'
import { environment } from '../results/index.ts'
import {
  Crew,
  expectedOf,
  judged,
  matrixSize,
  missedIn,
  runMatrix,
  runRepeated,
  SCENARIOS,
  strategiesOf,
  variantOf,
  type ForcedRun,
  type MatrixCell,
  type Scenario,
} from '../scenarios/index.ts'
import { scenarioCases, type Told } from './cases.ts'
import type { ScenarioFlags } from './commands/scenario.ts'
import { strategiesFor, wanted } from './scenario_flags.ts'
import type { Session } from './session.ts'
import { withStrategies } from './user_file.ts'

/** Runs the command. Returns the exit code. @throws UsageError */
export async function scenario(
  session: Session,
  [name]: readonly string[],
  given: ScenarioFlags,
): Promise<number> {
  const flags = await withStrategies(given)
  if (flags.matrix) return matrix(session, flags, name === undefined ? SCENARIOS : [await wanted(name)])
  if (name === undefined) return list(session)
  const one = await wanted(name)
  const under = strategiesFor(one, flags)
  // Each of these loads what the others need not.
  if (flags.explore) return (await import('./scenario_explore.ts')).exploreRace(session, one, under, flags)
  if (flags.stress === undefined) return force(session, one, under, flags)
  return (await import('./scenario_stress.ts')).stress(session, one, under, flags)
}

function list(session: Session): number {
  session.print({ pairs: SCENARIOS.map(({ name, title }) => [name, title]) })
  const result = SCENARIOS.map((one) => {
    const { name, title, source, symptom, fix, axis = { axis: 'strategy' } } = one
    const expect = Object.fromEntries(
      strategiesOf(one).map((strategy) => [strategy, expectedOf(one, strategy)]),
    )
    return { name, title, source, symptom, fix, ...axis, expect }
  })
  session.keep({ schema: 'lockstorm/scenario-list@1', env: environment(), result })
  return 0
}

async function matrix(
  session: Session,
  flags: ScenarioFlags,
  scenarios: readonly Scenario[],
): Promise<number> {
  const { repeat, lockdep } = flags
  const forced = await runMatrix({
    scenarios,
    times: repeat,
    lockdep,
    ...(flags.strategies && { strategies: flags.strategies }),
    stop: session.stop,
    progress: (text) => session.progress.show(text),
  })
  const explore = flags.explore ? (await import('./scenario_explore.ts')).exploreCells : undefined
  const cells = explore === undefined ? forced : await explore(session, forced, flags)
  session.print(...matrixText(cells, repeat, !session.asked))
  const reports = cells.flatMap(({ scenario: name, strategy, lockReports = [] }) =>
    lockReports.map((report) => ({ ...report, machine: `${name} under ${strategy}` })),
  )
  session.print(...lockText(lockdep ? reports : []))
  const stray = scenarios.flatMap((one) =>
    tellMissed(
      session,
      one,
      cells.filter(({ scenario: name }) => name === one.name),
    ),
  )
  if (flags.strategies === undefined) session.page(() => matrixPage(cells, SCENARIOS))
  session.keep({ schema: 'lockstorm/scenario-matrix@1', env: environment(), result: cells })
  session.cases(
    scenarioCases([
      ...cells.map(({ cell, expected, asExpected, same, times, explored, ...of }) => ({
        ...of,
        asExpected: asExpected && same === times && explored?.asExpected !== false,
        text: `${answeredText(cell)}; expected ${answeredText(expected)}; ${same} of ${times} runs alike${explored === undefined ? '' : `; explored: ${explored.text}`}`,
      })),
      ...stray,
    ]),
  )
  session.interrupt.cameTo(`${cells.length} of ${matrixSize(scenarios, flags.strategies)} cells`)
  const ok = cells.every(({ asExpected, same, times, explored }) => {
    return asExpected && same === times && explored?.asExpected !== false
  })
  return ok && stray.length === 0 ? 0 : 1
}

async function force(
  session: Session,
  one: Scenario,
  under: readonly string[],
  { repeat, lockdep }: ScenarioFlags,
): Promise<number> {
  const results: unknown[] = []
  const ladders: NamedLadder[] = []
  const told: Told[] = []
  const runs: ForcedRun[] = []
  let code = 0
  await using crew = new Crew(true)
  for (const strategy of under) {
    if (session.asked) break
    const { first, times, same } = await runRepeated(crew, one, strategy, repeat, {
      progress: (done) => session.progress.show(`${one.name} ${strategy}: ${done} of ${repeat}`),
      stop: session.stop,
    })
    if (under.length === 1) session.print(...forcedBlocks(one, headOf(one, strategy), first, lockdep))
    runs.push(first)
    const { expected, asExpected } = judge(one, first)
    session.print(forcedVerdict(first, expected, asExpected))
    if (repeat > 1)
      session.print(`${strategy}: ${same} of ${times} runs have the same verdict and the same ladder`)
    if (!asExpected || same < times) code = 1
    ladders.push({ name: `${one.name} under ${strategy}`, lines: first.ladder })
    const text = `${forcedVerdict(first, expected, asExpected)}; ${same} of ${times} runs alike`
    told.push({ scenario: one.name, strategy, asExpected: asExpected && same === times, text })
    const { lockReports, order, ...rest } = first
    if (lockdep) session.print(...heardBlocks(strategy, lockReports))
    // Of a race that does not happen there is nothing that a search could begin with.
    const showsIt = first.cell.outcome !== 'does not' && order !== undefined
    results.push({
      ...rest,
      ...(lockdep && { lockReports }),
      ...(showsIt && { order }),
      expected: expectedOf(one, strategy),
      asExpected,
      repeat: times,
      same,
    })
  }
  const stray = tellMissed(session, one, runs)
  if (stray.length > 0) code = 1
  session.trace(LADDER_TIME, () => ladderEvents(ladders))
  session.keep({ schema: 'lockstorm/scenario-run@1', env: environment(), result: results })
  session.cases(scenarioCases([...told, ...stray]))
  session.interrupt.cameTo(`${results.length} of ${under.length} strategies`)
  return code
}

/**
 * Tells which points of a race's schedule nobody came to. Returns those that are none of this race, for CI. Of a race that is built in
 * it is known that a strategy may keep one out of reach.
 */
function tellMissed(
  session: Session,
  one: Scenario,
  runs: readonly Pick<MatrixCell, 'strategy' | 'missed'>[],
): Told[] {
  const missed = missedIn(one, runs)
  const texts = missedTexts(one, missed)
  if (missed.everywhere) {
    session.print(...texts.map(bad))
    return texts.map((text) => ({ scenario: one.name, strategy: 'schedule', asExpected: false, text }))
  }
  if (broughtNamed('race', one.name) !== undefined) session.print(...texts)
  return []
}

/** What it runs under, as its head says it; '' where there is nothing to vary. */
function headOf(one: Scenario, strategy: string): string {
  const of = variantOf(one, strategy)
  const history = one.axis === undefined ? ` (${strategyNamed(strategy)?.history ?? ''})` : ''
  return of === '' ? '' : `${of}${history}`
}

/** Nothing is expected of the controls. */
function judge(one: Scenario, run: ForcedRun): { expected: string | undefined; asExpected: boolean } {
  if (expectedOf(one, run.strategy) === undefined) return { expected: undefined, asExpected: true }
  const { expected, asExpected } = judged(one, run)
  return { expected: answeredText(expected), asExpected }
}
