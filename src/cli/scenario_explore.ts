/**
 * Every interleaving of a race, up to a bound of preemptions: `lockstorm scenario NAME --explore`, and the same for each cell of
 * the matrix.
 */
import { Crew, executionsOf, exploreOn, type ExploreOptions, type Verdict } from '../explore/index.ts'
import type { Model } from '../define/model.ts'
import { modelOfRace, whyNotExplored } from '../models/races.ts'
import { strategyNamed } from '../mdev/index.ts'
import { exploredLine } from '../report/scenario_text.ts'
import { verdictText } from '../report/explore_matrix.ts'
import { environment } from '../results/index.ts'
import { expectedOf, type Explored, type MatrixCell, type Scenario } from '../scenarios/index.ts'
import type { Guide } from '../explore/searches/near.ts'
import { scenarioCases } from './cases.ts'
import type { ScenarioFlags } from './commands/scenario.ts'
import { scenarioNamed } from '../races/registry.ts'
import { guidesOfRace, nearText } from './scenario_near.ts'
import type { Session } from './session.ts'

/** Executions of one race under one strategy: those of a bound of 1 are some thousand. */
const MOST = 20_000
/** Executions of DPOR before a search by preemptions. */
const DPOR = 2_000

/** Explores it under each strategy. Returns the exit code. */
export async function exploreRace(
  session: Session,
  race: Scenario,
  under: readonly string[],
  flags: ScenarioFlags,
): Promise<number> {
  const results: (Explored & { readonly strategy: string })[] = []
  const guides = flags.near === undefined ? undefined : guidesOfRace(flags.near, race, under)
  await using crew = new Crew(flags.jobs ?? 1)
  for (const strategy of under) {
    if (session.asked) break
    const guide = guides?.get(strategy)
    const near = guide && (await exploreNear(session, crew, race, strategy, guide))
    if (flags.near !== undefined) session.print(nearText(flags.near, strategy, near))
    const { explored, ladder } =
      near?.failure === undefined
        ? await exploreCell(session, crew, race, strategy, flags)
        : { explored: judged(race, strategy, near), ladder: near.failure.ladder }
    session.print(...(under.length === 1 ? ladder : []), exploredLine(race, strategy, explored))
    results.push({ strategy, ...explored })
  }
  session.keep({ schema: 'lockstorm/scenario-explore@1', env: environment(), result: results })
  session.cases(scenarioCases(results.map((one) => ({ scenario: race.name, ...one }))))
  session.interrupt.cameTo(`${results.length} of ${under.length} strategies`)
  return results.every(({ asExpected }) => asExpected) ? 0 : 1
}

/** Executions near a report, of one race under one strategy. */
const NEAR_EXECUTIONS = 2_000

/** Searches near what the race has done elsewhere; undefined if no search can judge it. */
async function exploreNear(
  session: Session,
  crew: Crew,
  race: Scenario,
  strategy: string,
  guide: Guide,
): Promise<Verdict | undefined> {
  if (whyNotExplored(race) !== undefined) return undefined
  const model = modelOfRace(race, strategy)
  const show = (_: string, done: number): void =>
    session.progress.show(`${model.name}: near the report, ${done} executions`)
  const options: ExploreOptions = { search: 'near', near: [guide], executions: NEAR_EXECUTIONS, ms: Infinity }
  return exploreOn(crew, model, options, show, session.interrupt.signal)
}

/** The cells with what all interleavings show, as many as there is time for. */
export async function exploreCells(
  session: Session,
  cells: readonly MatrixCell[],
  flags: ScenarioFlags,
): Promise<MatrixCell[]> {
  const explored: MatrixCell[] = []
  await using crew = new Crew(flags.jobs ?? 1)
  for (const cell of cells) {
    const race = scenarioNamed(cell.scenario)
    if (race === undefined || session.asked) explored.push(cell)
    else
      explored.push({
        ...cell,
        explored: (await exploreCell(session, crew, race, cell.strategy, flags)).explored,
      })
  }
  return explored
}

async function exploreCell(
  session: Session,
  crew: Crew,
  race: Scenario,
  strategy: string,
  { executions, bound, coarse }: ScenarioFlags,
): Promise<{ explored: Explored; ladder: readonly string[] }> {
  const why = whyNotExplored(race)
  if (why !== undefined) return { explored: { text: why, executions: 0, asExpected: true }, ladder: [] }
  const model = modelOfRace(race, strategy)
  const most = bound ?? model.bound ?? 1
  const options: ExploreOptions = {
    search: 'dfs',
    bound: most,
    coarse,
    executions: executions ?? MOST,
    ms: Infinity,
  }
  const show = (_: string, done: number): void =>
    session.progress.show(`${model.name}: up to ${most} preemptions, ${done} executions`)
  const verdict =
    (await exhausted(crew, model, options, show, session)) ??
    (await exploreOn(crew, model, options, show, session.interrupt.signal))
  return { explored: judged(race, strategy, verdict), ladder: verdict.failure?.ladder ?? [] }
}

/** Where more than one preemption is asked for, DPOR may see everything, in few executions: undefined if it does not. */
async function exhausted(
  crew: Crew,
  model: Model,
  options: ExploreOptions,
  show: (search: string, done: number) => void,
  session: Session,
): Promise<Verdict | undefined> {
  if ((options.bound ?? 0) < 2) return undefined
  const executions = Math.min(options.executions ?? DPOR, DPOR)
  const verdict = await exploreOn(
    crew,
    model,
    { search: 'dpor', executions, ms: Infinity },
    show,
    session.interrupt.signal,
  )
  return verdict.verdict === 'holds' || verdict.failure !== undefined ? verdict : undefined
}

/** A race that forcing does not make happen must not happen in another interleaving either, unless its file says why. */
function judged(race: Scenario, name: string, verdict: Verdict): Explored {
  const { failure } = verdict
  const strategy = strategyNamed(name)
  const outcome = expectedOf(race, name)?.outcome
  const elsewhere = strategy && race.elsewhere?.(strategy)
  // A loop that only time ends is no failure: it is where the search ends.
  const endless = failure?.kind === 'step limit'
  const surprise = failure !== undefined && !endless && outcome === 'does not' && elsewhere === undefined
  return {
    text: failure === undefined ? verdictText(verdict) : `${failure.kind} in execution ${failure.at}`,
    executions: executionsOf(verdict),
    ...(failure !== undefined && { failure: failure.message, replay: failure.replay }),
    asExpected: !surprise,
  }
}
