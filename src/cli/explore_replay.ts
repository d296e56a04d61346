/**
 * Schedules again: `lockstorm explore replay` and `witness`, and how every kind of `explore` prints and keeps results.
 */
import { loadavg } from 'node:os'
import { Crew, ofModel, type Model, type Replays, type WitnessReport } from '../explore/index.ts'
import { environment, writeResult } from '../results/index.ts'
import { engineOf, modelsFor, timesOf, wantedReplay, type ExploreFlags } from './explore_flags.ts'
import { Interrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import { UsageError } from './usage.ts'

const SAMPLES = 20

/** A line of results. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** Writes the result if `--json` asks for it. */
export function keep(flags: ExploreFlags, what: string, result: unknown, interrupt?: Interrupt): void {
  if (flags.json === undefined) return
  const load = loadavg()[0]
  const whole = { schema: `lockstorm/explore-${what}@1`, env: environment(), load, result }
  writeResult(flags.json, interrupt?.mark(whole) ?? whole)
}

function show(model: Model, { first, same }: Replays, times: number): void {
  print(`${model.name}: ${model.summary}\n\n${first.ladder.join('\n')}\n`)
  if (first.report !== undefined) print(`${first.report.trim()}\n`)
  if (!first.sameCode) print('The code has changed since the string was made: its hash differs.')
  print(`${first.outcome}; replay '${first.replay}'`)
  if (times > 1) print(`${same} of ${times} runs are identical`)
}

/** Replays a string. Returns the exit code. @throws UsageError */
export async function replay(operands: readonly string[], flags: ExploreFlags): Promise<number> {
  if (operands.length > 1) throw new UsageError('replay takes one string; quote it, it holds a >')
  const { model: named, text } = wantedReplay(operands[0])
  const [model = named] = modelsFor(flags, [named])
  const times = timesOf(flags)
  const engine = engineOf(flags)
  await using crew = new Crew(1)
  const replays = await crew.submit({ kind: 'replay', ...ofModel(model), text, times })
  const { first, same } = replays
  if (first.outcome === 'schedule does not fit the code') {
    throw new UsageError(`replay ${text}: the schedule does not fit the code; it may have changed since`)
  }
  show(model, replays, times)
  const finding = first.outcome !== 'passed' && first.outcome !== model.expect
  const real =
    engine === 'threads' ? await onWorkers(crew, { model, text, outcome: first.outcome, times }) : []
  const alike = real.filter((one) => one).length
  keep(flags, 'replay', { ...replays, ...(engine === 'threads' && { onWorkers: alike }) })
  return finding || same < times || alike < real.length ? 1 : 0
}

interface Again {
  readonly model: Model
  readonly text: string
  readonly outcome: string
  readonly times: number
}

/** Runs the schedule on real workers. Returns for each time whether it ended alike. */
async function onWorkers(crew: Crew, { model, text, outcome, times }: Again): Promise<boolean[]> {
  const job = { kind: 'witness', ...ofModel(model), text, schedules: 0, seed: 1 } as const
  const results: boolean[] = []
  let last = ''
  for (let i = 0; i < times; i++) {
    const report = await crew.submit(job)
    last = report.outcome
    results.push(report.outcome === outcome)
  }
  const alike = results.filter((one) => one).length
  print(
    times === 1
      ? `on ${model.cpus.length} real workers: ${last}`
      : `on ${model.cpus.length} real workers: ${outcome} in ${alike} of ${times} runs`,
  )
  return results
}

function line({ model, schedules, alike, difference }: WitnessReport): string {
  const differs = difference === '' ? '' : `; ${difference}`
  return `${model}: ${alike} of ${schedules} schedules are the same on real workers${differs}`
}

/** Runs random schedules of models, of all if none is given, on both engines. Returns the exit code. @throws UsageError */
export async function witness(some: readonly Model[], flags: ExploreFlags): Promise<number> {
  const wanted = some.length > 0 ? some : modelsFor(flags)
  const schedules = timesOf(flags, SAMPLES)
  const seed = Number(flags.seed ?? 1)
  const progress = new Progress()
  const reports: WitnessReport[] = []
  using interrupt = new Interrupt()
  await using crew = new Crew(1)
  for (const model of wanted) {
    if (interrupt.asked) break
    progress.show(`${reports.length} of ${wanted.length} models: ${model.name}`)
    const report = await crew.submit({ kind: 'witness', ...ofModel(model), schedules, seed })
    progress.clear()
    print(line(report))
    reports.push(report)
  }
  keep(flags, 'witness', reports, interrupt)
  const code = reports.every(({ alike }) => alike === schedules) ? 0 : 1
  return interrupt.code(code, `${reports.length} of ${wanted.length} models`)
}
