/**
 * What stands behind `lockstorm scenario`.
 */
import { writeFileSync } from 'node:fs'
import { STRATEGIES, strategyNamed } from '../mdev/index.ts'
import { table } from '../report/table.ts'
import { environment, whyNotWritable, writeResult } from '../results/index.ts'
import {
  ALL_SCENARIOS,
  cellText,
  Crew,
  judged,
  matrixPage,
  runMatrix,
  runRepeated,
  runStress,
  SCENARIOS,
  scenarioNamed,
  type ForcedRun,
  type Scenario,
} from '../scenarios/index.ts'
import { Progress } from './progress.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
import { integer } from './values.ts'

/** What commander hands over: texts. */
export interface ScenarioFlags {
  readonly strategy?: string
  readonly repeat?: string
  readonly stress?: string
  readonly matrix?: boolean
  readonly write?: string
  readonly json?: string
}

const MOST_RUNS = 1_000_000

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function wanted(name: string): Scenario {
  const found = scenarioNamed(name)
  if (found !== undefined) return found
  const names = ALL_SCENARIOS.map((scenario) => scenario.name)
  throw new UsageError(
    `scenario ${name}: there is none of that name${didYouMean(name, names)}; see lockstorm scenario`,
  )
}

function strategies(one: Scenario, { strategy }: ScenarioFlags): string[] {
  if (strategy === undefined && one.apart === true) return Object.keys(one.expect)
  if (strategy === undefined) return STRATEGIES.map(({ name }) => name)
  if (strategyNamed(strategy) !== undefined) return [strategy]
  const names = STRATEGIES.map(({ name }) => name)
  throw badValue('--strategy', strategy, `one of ${names.join(', ')}${didYouMean(strategy, names)}`)
}

function checkFlags(name: string | undefined, flags: ScenarioFlags): void {
  if (flags.matrix === true && (name !== undefined || flags.strategy !== undefined)) {
    throw new UsageError('--matrix runs every scenario under every strategy: give no name and no --strategy')
  }
  if (flags.write !== undefined && flags.matrix !== true) throw new UsageError('--write goes with --matrix')
  if (flags.stress !== undefined && flags.repeat !== undefined) {
    throw new UsageError('--stress runs free and --repeat forces: give one of them')
  }
  const alone = flags.matrix === true ? ['strategy', 'stress'] : ['strategy', 'repeat', 'stress']
  const lonely = alone.find((flag) => flags[flag as keyof ScenarioFlags] !== undefined)
  if (name === undefined && lonely !== undefined)
    throw new UsageError(`--${lonely} needs the name of a scenario`)
  for (const file of [flags.write, flags.json]) {
    const why = file === undefined ? undefined : whyNotWritable(file)
    if (why !== undefined) throw new UsageError(`${file}: cannot be written (${why})`)
  }
}

/** Runs the command. Returns the exit code. */
export async function scenario(name: string | undefined, flags: ScenarioFlags): Promise<number> {
  checkFlags(name, flags)
  if (flags.matrix === true) return matrix(flags)
  if (name === undefined) return list(flags)
  const one = wanted(name)
  const under = strategies(one, flags)
  if (flags.stress !== undefined) return stress(one, under, flags)
  return force(one, under, repeats(flags), flags)
}

function repeats({ repeat }: ScenarioFlags): number {
  return repeat === undefined ? 1 : integer('--repeat', repeat, 1, MOST_RUNS)
}

function keep(flags: ScenarioFlags, what: string, result: unknown): void {
  if (flags.json === undefined) return
  writeResult(flags.json, { schema: `lockstorm/scenario-${what}@1`, env: environment(), result })
}

function list(flags: ScenarioFlags): number {
  const width = Math.max(...ALL_SCENARIOS.map(({ name }) => name.length))
  for (const { name, title } of ALL_SCENARIOS) print(`${name.padEnd(width)}  ${title}`)
  const result = ALL_SCENARIOS.map(({ name, title, source, symptom, fix, expect }) => ({
    name,
    title,
    source,
    symptom,
    fix,
    expect,
  }))
  keep(flags, 'list', result)
  return 0
}

async function matrix(flags: ScenarioFlags): Promise<number> {
  const progress = new Progress()
  const times = repeats(flags)
  const cells = await runMatrix({
    times,
    progress: (text) => {
      progress.show(text)
    },
  })
  progress.clear()
  const names = [...new Set(cells.map(({ strategy }) => strategy))]
  const rows = SCENARIOS.map(({ name }) => {
    return [name, ...cells.filter((one) => one.scenario === name).map(({ cell }) => cellText(cell))]
  })
  print(await table(['', ...names], rows))
  const wrong = cells.filter(({ asExpected }) => !asExpected)
  for (const { scenario: name, strategy, cell, expected } of wrong) {
    print(`NOT AS EXPECTED: ${name} under ${strategy}: ${verdict(cell)}; expected ${verdict(expected)}`)
  }
  print(`${cells.length} cells, ${cells.length - wrong.length} as expected`)
  const unlike = cells.filter(({ same }) => same !== times)
  for (const { scenario: name, strategy, same } of unlike) {
    print(`NOT ALIKE: ${name} under ${strategy}: ${same} of ${times} runs`)
  }
  if (times > 1) {
    const alike = cells.length - unlike.length
    print(
      `${alike} of ${cells.length} cells: ${times} of ${times} runs have the same verdict and the same ladder`,
    )
  }
  if (flags.write !== undefined) writeFileSync(flags.write, matrixPage(cells))
  keep(flags, 'matrix', cells)
  return wrong.length + unlike.length === 0 ? 0 : 1
}

function verdict(cell: Parameters<typeof cellText>[0]): string {
  return `${cellText(cell)}, answers ${cell.answers.join(' ')}`
}

function show(one: Scenario, run: ForcedRun): void {
  print(`${one.name} under ${run.strategy} (${strategyNamed(run.strategy)?.history ?? ''})`)
  print(`${one.title}\nsource: ${one.source}\n`)
  print(run.ladder.join('\n'))
  if (run.log.length > 0) print(`\n--- log ---\n${run.log.join('\n')}`)
  for (const { detector, text } of run.reports) print(`\n--- ${detector} ---\n${text.trim()}`)
  for (const sentence of run.broken) print(`\n--- invariants ---\n${sentence}`)
  print('')
}

async function force(
  one: Scenario,
  under: readonly string[],
  repeat: number,
  flags: ScenarioFlags,
): Promise<number> {
  const results: unknown[] = []
  let code = 0
  await using crew = new Crew(true)
  for (const strategy of under) {
    const { first, same } = await runRepeated(crew, one, strategy, repeat)
    if (under.length === 1) show(one, first)
    const { expected, asExpected } = judge(one, first)
    const says =
      expected === ''
        ? 'nothing is expected of it'
        : asExpected
          ? 'as expected'
          : `NOT AS EXPECTED: ${expected}`
    print(`${strategy}: ${verdict(first.cell)}: ${says}`)
    if (repeat > 1) print(`${strategy}: ${same} of ${repeat} runs have the same verdict and the same ladder`)
    if (!asExpected || same < repeat) code = 1
    results.push({ ...first, expected: one.expect[strategy], asExpected, repeat, same })
  }
  keep(flags, 'run', results)
  return code
}

/** Nothing is expected of the controls. */
function judge(one: Scenario, run: ForcedRun): { expected: string; asExpected: boolean } {
  if (one.expect[run.strategy] === undefined) return { expected: '', asExpected: true }
  const { expected, asExpected } = judged(one, run)
  return { expected: verdict(expected), asExpected }
}

async function stress(one: Scenario, under: readonly string[], flags: ScenarioFlags): Promise<number> {
  const runs = integer('--stress', flags.stress ?? '', 1, MOST_RUNS)
  if (one.free === false)
    throw new UsageError(`--stress: what ${one.name} looks at has a meaning in the drawn order only`)
  const progress = new Progress()
  const results = []
  let code = 0
  for (const strategy of under) {
    const result = await runStress(one, strategy, runs, (done) => {
      progress.show(`${one.name} ${strategy}: ${done} of ${runs}`)
    })
    progress.clear()
    const { happened, hung, answers } = result
    const spread = Object.entries(answers).map(([answer, count]) => `${count} × ${answer}`)
    print(`${strategy}: happened in ${happened} of ${runs} runs, ${hung} hung; answers ${spread.join(', ')}`)
    // What forcing cannot make happen must not happen freely either.
    const outcome = one.expect[strategy]?.outcome
    const asExpected = !(
      (outcome === 'does not' && happened > 0) ||
      (outcome !== undefined && outcome !== 'hangs' && hung > 0)
    )
    if (!asExpected) code = 1
    results.push({ ...result, asExpected })
  }
  keep(flags, 'stress', results)
  return code
}
