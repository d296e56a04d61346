/**
 * What stands behind `lockstorm explore`.
 */
import { loadavg } from 'node:os'
import {
  Crew,
  executionsOf,
  expectedText,
  exploreOn,
  fuzzTasks,
  fuzzTotal,
  matrixPage,
  matrixSummary,
  matrixTable,
  measureRates,
  models,
  ofModel,
  ratesTable,
  summaryOf,
  verdictText,
  type ExploreOptions,
  type Model,
  type Verdict,
} from '../explore/index.ts'
import { writeWhole } from '../results/io.ts'
import {
  askedFor,
  checkFlags,
  fuzzOf,
  jobsOf,
  modelsFor,
  optionsOf,
  wantedModel,
  type ExploreFlags,
} from './explore_flags.ts'
import { keep, print, replay, witness } from './explore_replay.ts'
import { Interrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import { UsageError } from './usage.ts'

/** Runs the command. Returns the exit code. @throws UsageError */
export async function exploreCommand(names: readonly string[], flags: ExploreFlags): Promise<number> {
  checkFlags(names, flags)
  const options = optionsOf(flags)
  const [, ...rest] = names
  const asked = askedFor(names, flags)
  if (asked === 'replay') return replay(rest, flags)
  if (asked === 'witness') return witness(modelsFor(flags, rest.map(wantedModel)), flags)
  if (asked === 'fuzz') return fuzz(rest, flags)
  if (asked === '--rates') return rates(flags)
  if (asked === '--matrix') return matrix(options, flags)
  if (asked === 'no names') return list(flags)
  return single(modelsFor(flags, names.map(wantedModel)), options, flags)
}

function list(flags: ExploreFlags): number {
  const width = Math.max(...models.map(({ name }) => name.length))
  for (const { name, summary } of models) print(`${name.padEnd(width)}  ${summary}`)
  const result = models.map(({ name, summary, expect = '', cpus }) => ({
    name,
    summary,
    cpus: cpus.length,
    expect,
  }))
  keep(flags, 'list', result)
  return 0
}

function show(verdict: Verdict, interrupted: boolean): void {
  const { failure, coverage, summary } = verdict
  print(`${verdict.model}: ${summary}\n`)
  if (failure !== undefined) print(`${failure.ladder.join('\n')}\n`)
  if (failure?.report !== undefined) print(`${failure.report.trim()}\n`)
  for (const { search, executions, redundant, exhausted, longest, ms } of coverage) {
    const cut = redundant > 0 ? `, ${redundant} cut short as redundant` : ''
    const whole = exhausted ? ', exhausted' : ''
    print(
      `  ${search}: ${executions} executions${cut}${whole}, up to ${longest} steps, ${(ms / 1000).toFixed(1)} s`,
    )
  }
  print(`${summaryOf(verdict)}\n${interrupted ? 'interrupted: not judged' : judgement(verdict)}`)
}

function judgement(verdict: Verdict): string {
  if (verdict.ok) return verdict.expect === '' ? 'as expected' : `as expected: ${verdict.expect}`
  return `NOT AS EXPECTED: ${verdictText(verdict)}; expected: ${expectedText(verdict)}`
}

async function single(
  wanted: readonly Model[],
  options: ExploreOptions,
  flags: ExploreFlags,
): Promise<number> {
  const progress = new Progress()
  const verdicts: Verdict[] = []
  using interrupt = new Interrupt()
  await using crew = new Crew(jobsOf(flags))
  // What was cut short has shown nothing, unless it has already failed or is through.
  const cut = ({ verdict }: Verdict): boolean => interrupt.asked && verdict === 'passed'
  for (const model of wanted) {
    if (interrupt.asked) break
    const onProgress = (search: string, executions: number): void => {
      progress.show(`${model.name}: ${search}, ${executions} executions`)
    }
    const verdict = await exploreOn(crew, model, options, onProgress, interrupt.signal)
    progress.clear()
    if (verdicts.length > 0) print('')
    show(verdict, cut(verdict))
    verdicts.push(verdict)
  }
  keep(flags, 'run', verdicts, interrupt)
  const code = verdicts.every((verdict) => verdict.ok || cut(verdict)) ? 0 : 1
  return interrupt.code(code, `${verdicts.length} of ${wanted.length} models`)
}

/** The table is a matter of executions, not of how fast the machine is. */
const TABLE: ExploreOptions = { search: 'exhaust', executions: 100_000, ms: Infinity }

/** A model that must fail is searched simplest schedules first; one that says how far it can be seen, that far. */
function tableOf({ expect, bound }: Model): ExploreOptions {
  if (expect !== undefined) return { ...TABLE, search: 'portfolio' }
  return bound === undefined ? TABLE : { ...TABLE, search: 'dfs', bound }
}

/** Every model, each on one core. */
async function matrix(options: ExploreOptions, flags: ExploreFlags): Promise<number> {
  const progress = new Progress()
  using interrupt = new Interrupt()
  await using crew = new Crew(jobsOf(flags))
  let done = 0
  const verdicts = await interrupt.finished(
    modelsFor(flags).map(async (model) => {
      const { name } = model
      const verdict = await crew.submit({
        kind: 'explore',
        ...ofModel(model),
        options: { ...tableOf(model), ...options },
      })
      progress.show(`${++done} of ${models.length} models; ${name}: ${executionsOf(verdict)} executions`)
      return verdict
    }),
  )
  progress.clear()
  print(await matrixTable(verdicts))
  for (const verdict of verdicts.filter(({ ok }) => !ok))
    print(`\n${summaryOf(verdict)}\n${judgement(verdict)}`)
  print(`\n${matrixSummary(verdicts)}`)
  const { executions = TABLE.executions } = options
  const how = `on Node ${process.versions.node}, at most ${executions} executions, load ${(loadavg()[0] ?? 0).toFixed(1)}`
  // A page is whole or not written.
  if (flags.write !== undefined && !interrupt.asked) writeWhole(flags.write, matrixPage(verdicts, how))
  keep(flags, 'matrix', verdicts, interrupt)
  const code = verdicts.every(({ ok }) => ok) ? 0 : 1
  return interrupt.code(code, `${verdicts.length} of ${models.length} models`)
}

async function fuzz(operands: readonly string[], flags: ExploreFlags): Promise<number> {
  if (operands.length > 0) throw new UsageError('fuzz takes no names')
  const { programs, seed } = fuzzOf(flags)
  const progress = new Progress()
  using interrupt = new Interrupt()
  await using crew = new Crew(jobsOf(flags))
  const started = performance.now()
  let done = 0
  const reports = await interrupt.finished(
    fuzzTasks(programs, seed).map(async (task) => {
      const report = await crew.submit({ kind: 'fuzz', ...task })
      done += task.seeds.length
      progress.show(`${done} of ${programs} programs`)
      return report
    }),
  )
  progress.clear()
  const total = fuzzTotal(reports)
  const { agree, mismatches, skipped, executions, traces } = total
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  print(
    `${done} random programs: DFS, cached DFS and DPOR see the same traces of ${agree}, ${skipped} too large, ` +
      `${mismatches.length} mismatches; ${traces} traces in ${executions.dfs}, ${executions.cached} and ` +
      `${executions.dpor} executions; ${seconds} s`,
  )
  if (mismatches.length > 0) print(`seeds of mismatches: ${mismatches.join(', ')}`)
  keep(flags, 'fuzz', total, interrupt)
  return interrupt.code(mismatches.length === 0 ? 0 : 1, `${done} of ${programs} programs`)
}

async function rates(flags: ExploreFlags): Promise<number> {
  const progress = new Progress()
  const ms = flags.seconds === undefined ? 2000 : (optionsOf(flags).ms ?? 2000)
  using interrupt = new Interrupt()
  const show = (text: string): void => {
    progress.show(text)
  }
  const measured = await measureRates(jobsOf(flags), ms, show, () => interrupt.asked)
  progress.clear()
  print(await ratesTable(measured))
  keep(flags, 'rates', measured, interrupt)
  return interrupt.code(0, `${measured.length} rates`)
}
