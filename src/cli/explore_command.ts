/**
 * What stands behind `lockstorm explore` and `explore matrix`.
 */
import { counted } from '../base/plural.ts'
import { loadavg } from 'node:os'
import {
  Crew,
  executionsOf,
  exploreOn,
  ofModel,
  type ExploreOptions,
  type Model,
  type Verdict,
} from '../explore/index.ts'
import { modelsPage, modelsSummary, modelsTable } from '../report/explore_matrix.ts'
import { judgement, verdictBlocks } from '../report/explore_text.ts'
import { summaryOf } from '../explore/verdict.ts'
import { verdictCases } from './cases.ts'
import type { ExploreFlags, MatrixFlags } from './commands/explore.ts'
import { allModels, coresOf, modelsFor, optionsOf, setPolls, wantedModels } from './explore_flags.ts'
import { exploreOwn } from './explore_own.ts'
import { explored, traceFailures } from './explore_result.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** Lists the models, or searches those that are named. Returns the exit code. @throws UsageError */
export async function exploreCommand(
  session: Session,
  names: readonly string[],
  flags: ExploreFlags,
): Promise<number> {
  if (names.length === 0) return list(session)
  setPolls(flags)
  const isAll = names.length === 1 && names[0] === 'all'
  if (isAll && flags.part !== undefined)
    throw new UsageError('--part goes with names of models, not with all')
  const own = isAll ? undefined : await exploreOwn(session, names, flags)
  if (own !== undefined) return own
  if (flags.near !== undefined) throw new UsageError('--near is for a lock of your own, not for models')
  if (isAll) return matrix(session, names, { ...flags, write: undefined })
  return single(session, modelsFor(flags, await wantedModels(names)), flags)
}

async function list(session: Session): Promise<number> {
  const models = await allModels()
  session.print({ pairs: models.map(({ name, summary }) => [name, summary]) })
  const result = models.map(({ name, summary, expect = '', cpus }) => ({
    name,
    summary,
    cpus: cpus.length,
    expect,
  }))
  session.keep(explored('list', result))
  return 0
}

/** A part that does not fail says nothing of a model that must. @throws UsageError */
function refuseParts(wanted: readonly Model[], { part }: ExploreFlags): void {
  if (part === undefined) return
  const control = wanted.find(({ expect }) => expect !== undefined)
  if (control !== undefined)
    throw new UsageError(`--part ${part.index}/${part.of}: ${control.name} must fail, and is searched whole`)
}

async function single(session: Session, wanted: readonly Model[], flags: ExploreFlags): Promise<number> {
  refuseParts(wanted, flags)
  const { interrupt } = session
  const verdicts: Verdict[] = []
  await using crew = new Crew(coresOf(flags))
  // What was cut short has shown nothing, unless it has already failed or is through.
  const cut = ({ verdict }: Verdict): boolean => interrupt.asked && verdict === 'passed'
  for (const model of wanted) {
    if (interrupt.asked) break
    const onProgress = (search: string, executions: number): void =>
      session.progress.show(`${model.name}: ${search}, ${executions} executions`)
    const { part } = flags
    const options = { ...optionsOf(flags), ...(part !== undefined && { part }) }
    const verdict = await exploreOn(crew, model, options, onProgress, interrupt.signal)
    session.print(...(verdicts.length > 0 ? [''] : []), ...verdictBlocks(verdict, !cut(verdict)))
    verdicts.push(verdict)
  }
  traceFailures(session, verdicts)
  session.keep(explored('run', verdicts))
  session.cases(verdictCases(verdicts.filter((verdict) => !cut(verdict))))
  interrupt.cameTo(`${verdicts.length} of ${counted(wanted.length, 'model')}`)
  return verdicts.every((verdict) => verdict.ok || cut(verdict)) ? 0 : 1
}

/** The table is a matter of executions, not of how fast the machine is. */
const TABLE: ExploreOptions = { search: 'exhaust', executions: 100_000, ms: Infinity }

/** A model that must fail is searched simplest schedules first; one that says how far it can be seen, that far. */
function tableOf({ expect, bound }: Model): ExploreOptions {
  if (expect !== undefined) return { ...TABLE, search: 'portfolio' }
  return bound === undefined ? TABLE : { ...TABLE, search: 'dfs', bound }
}

/** Every model, each on one core. Returns the exit code. */
export async function matrix(session: Session, _: readonly string[], flags: MatrixFlags): Promise<number> {
  const options = optionsOf(flags)
  setPolls(flags)
  await using crew = new Crew(coresOf(flags))
  const { part } = flags
  const all = modelsFor(flags, await allModels())
  const some = part === undefined ? all : all.filter((_, i) => i % part.of === part.index - 1)
  let done = 0
  const verdicts = await session.interrupt.finished(
    some.map(async (model) => {
      const { name } = model
      const verdict = await crew.submit({
        kind: 'explore',
        ...ofModel(model),
        options: { ...tableOf(model), ...options },
      })
      session.progress.show(
        `${++done} of ${some.length} models; ${name}: ${executionsOf(verdict)} executions`,
      )
      return verdict
    }),
  )
  const wrong = verdicts.filter(({ ok }) => !ok)
  session.print(
    modelsTable(verdicts),
    ...wrong.flatMap((verdict) => ['', summaryOf(verdict), judgement(verdict)]),
    '',
    modelsSummary(verdicts),
  )
  const { executions = TABLE.executions } = options
  const load = (loadavg()[0] ?? 0).toFixed(1)
  const how = `on Node ${process.versions.node}, at most ${executions} executions, load ${load}`
  session.page(() => modelsPage(verdicts, how))
  session.keep(explored('matrix', verdicts))
  session.cases(verdictCases(verdicts))
  session.interrupt.cameTo(`${verdicts.length} of ${some.length} models`)
  return wrong.length === 0 ? 0 : 1
}
