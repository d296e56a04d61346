/**
 * What stands behind `lockstorm explore`.
 */
import { writeFileSync } from 'node:fs'
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
  ratesTable,
  summaryOf,
  verdictText,
  type ExploreOptions,
  type Model,
  type Verdict,
} from '../explore/index.ts'
import { checkFlags, fuzzOf, jobsOf, optionsOf, wantedModel, type ExploreFlags } from './explore_flags.ts'
import { keep, print, replay, witness } from './explore_replay.ts'
import { Progress } from './progress.ts'
import { UsageError } from './usage.ts'

/** Runs the command. Returns the exit code. @throws UsageError */
export async function exploreCommand(names: readonly string[], flags: ExploreFlags): Promise<number> {
  checkFlags(names, flags)
  const options = optionsOf(flags)
  const [first, ...rest] = names
  if (first === 'replay') return replay(rest, flags)
  if (first === 'witness') return witness(rest.map(wantedModel), flags)
  if (first === 'fuzz') return fuzz(rest, flags)
  if (flags.rates === true) return rates(flags)
  if (flags.matrix === true || (first === 'all' && rest.length === 0)) return matrix(options, flags)
  if (first === undefined) return list(flags)
  return single(names.map(wantedModel), options, flags)
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

function show(verdict: Verdict): void {
  const { failure, coverage, summary } = verdict
  print(`${verdict.model}: ${summary}\n`)
  if (failure !== undefined) print(`${failure.ladder.join('\n')}\n`)
  for (const { search, executions, redundant, exhausted, longest, ms } of coverage) {
    const cut = redundant > 0 ? `, ${redundant} cut short as redundant` : ''
    const whole = exhausted ? ', exhausted' : ''
    print(
      `  ${search}: ${executions} executions${cut}${whole}, up to ${longest} steps, ${(ms / 1000).toFixed(1)} s`,
    )
  }
  print(`${summaryOf(verdict)}\n${judgement(verdict)}`)
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
  await using crew = new Crew(jobsOf(flags))
  for (const model of wanted) {
    const verdict = await exploreOn(crew, model, options, (search, executions) => {
      progress.show(`${model.name}: ${search}, ${executions} executions`)
    })
    progress.clear()
    if (verdicts.length > 0) print('')
    show(verdict)
    verdicts.push(verdict)
  }
  keep(flags, 'run', verdicts)
  return verdicts.every(({ ok }) => ok) ? 0 : 1
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
  await using crew = new Crew(jobsOf(flags))
  let done = 0
  const verdicts = await Promise.all(
    models.map(async (model) => {
      const { name } = model
      const verdict = await crew.submit({
        kind: 'explore',
        model: name,
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
  if (flags.write !== undefined) writeFileSync(flags.write, matrixPage(verdicts, how))
  keep(flags, 'matrix', verdicts)
  return verdicts.every(({ ok }) => ok) ? 0 : 1
}

async function fuzz(operands: readonly string[], flags: ExploreFlags): Promise<number> {
  if (operands.length > 0) throw new UsageError('fuzz takes no names')
  const { programs, seed } = fuzzOf(flags)
  const progress = new Progress()
  await using crew = new Crew(jobsOf(flags))
  const started = performance.now()
  let done = 0
  const reports = await Promise.all(
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
    `${programs} random programs: DFS, cached DFS and DPOR see the same traces of ${agree}, ${skipped} too large, ` +
      `${mismatches.length} mismatches; ${traces} traces in ${executions.dfs}, ${executions.cached} and ` +
      `${executions.dpor} executions; ${seconds} s`,
  )
  if (mismatches.length > 0) print(`seeds of mismatches: ${mismatches.join(', ')}`)
  keep(flags, 'fuzz', total)
  return mismatches.length === 0 ? 0 : 1
}

async function rates(flags: ExploreFlags): Promise<number> {
  const progress = new Progress()
  const ms = flags.seconds === undefined ? 2000 : (optionsOf(flags).ms ?? 2000)
  const measured = await measureRates(jobsOf(flags), ms, (text) => {
    progress.show(text)
  })
  progress.clear()
  print(await ratesTable(measured))
  keep(flags, 'rates', measured)
  return 0
}
