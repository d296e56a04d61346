/**
 * Schedules again: `lockstorm explore replay` and `witness`.
 */
import { counted } from '../base/plural.ts'
import { Crew, ofModel, type Model, type WitnessReport } from '../explore/index.ts'
import { replayBlocks, witnessText } from '../report/explore_text.ts'
import type { ReplayFlags, WitnessFlags } from './commands/explore.ts'
import { allModels, modelsFor, setPolls, wantedModels, wantedReplay } from './explore_flags.ts'
import { replayOwn } from './explore_own.ts'
import { explored, traceReplay } from './explore_result.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** Replays a string. Returns the exit code. @throws UsageError */
export async function replay(
  session: Session,
  [string, ...files]: readonly string[],
  flags: ReplayFlags,
): Promise<number> {
  setPolls(flags)
  const own = string === undefined ? undefined : await replayOwn(session, string, files, flags)
  if (own !== undefined) return own
  await wantedModels(files)
  const { model: named, text } = await wantedReplay(string)
  const [model = named] = modelsFor(flags, [named])
  const { repeat: times, engine } = flags
  await using crew = new Crew(1)
  const job = crew.submit({ kind: 'replay', ...ofModel(model), text, times })
  const replays = await session.interrupt.unless(job)
  if (replays === undefined) return 0
  const { first, same } = replays
  if (first.outcome === 'schedule does not fit the code') {
    throw new UsageError(
      `replay ${text}: the schedule does not fit the code; the code may have changed since the string was made`,
    )
  }
  session.print(...replayBlocks(model, replays, times))
  const finding = first.outcome !== 'passed' && first.outcome !== model.expect
  const again = { model, text, outcome: first.outcome, times }
  const real = engine === 'threads' ? await onWorkers(session, crew, again) : []
  const alike = real.filter((one) => one).length
  traceReplay(session, model, first)
  session.keep(explored('replay', { ...replays, ...(engine === 'threads' && { onWorkers: alike }) }))
  return finding || same < times || alike < real.length ? 1 : 0
}

interface Again {
  readonly model: Model
  readonly text: string
  readonly outcome: string
  readonly times: number
}

/** Runs the schedule on real workers. Returns for each time whether it ended alike. */
async function onWorkers(session: Session, crew: Crew, again: Again): Promise<boolean[]> {
  const { model, text, outcome, times } = again
  const job = { kind: 'witness', ...ofModel(model), text, schedules: 0, seed: 1 } as const
  const results: boolean[] = []
  let last = ''
  for (let i = 0; i < times; i++) {
    const report = await session.interrupt.unless(crew.submit(job))
    if (report === undefined) break
    last = report.outcome
    results.push(report.outcome === outcome)
  }
  const alike = results.filter((one) => one).length
  const what = times === 1 ? last : `${outcome} in ${alike} of ${results.length} runs`
  session.print(`on ${model.cpus.length} real workers: ${what}`)
  return results
}

/** Runs random schedules of models on both engines. Returns the exit code. @throws UsageError */
export async function witness(
  session: Session,
  names: readonly string[],
  flags: WitnessFlags,
): Promise<number> {
  if (names.length === 0) throw new UsageError('explore witness: name a model, or all')
  const some = names.length === 1 && names[0] === 'all' ? await allModels() : await wantedModels(names)
  const wanted = modelsFor(flags, some)
  const { schedules, seed } = flags
  setPolls(flags)
  const reports: WitnessReport[] = []
  await using crew = new Crew(1)
  for (const model of wanted) {
    session.progress.show(`${reports.length} of ${wanted.length} models: ${model.name}`)
    const job = crew.submit({ kind: 'witness', ...ofModel(model), schedules, seed })
    const report = await session.interrupt.unless(job)
    if (report === undefined) break
    session.print(witnessText(report))
    reports.push(report)
  }
  session.keep(explored('witness', reports))
  session.interrupt.cameTo(`${reports.length} of ${counted(wanted.length, 'model')}`)
  return reports.every(({ alike }) => alike === schedules) ? 0 : 1
}
