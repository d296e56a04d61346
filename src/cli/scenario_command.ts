/**
 * What stands behind `lockstorm scenario`.
 */
import { strategyNamed } from '../mdev/index.ts'
import { table } from '../report/table.ts'
import { writeWhole } from '../results/io.ts'
import {
  cellText,
  Crew,
  expectedOf,
  judged,
  matrixPage,
  matrixSize,
  runMatrix,
  runRepeated,
  SCENARIOS,
  strategiesOf,
  variantOf,
  type ForcedRun,
  type Scenario,
} from '../scenarios/index.ts'
import { Interrupt } from './interrupt.ts'
import { lockText } from './lock_flags.ts'
import { Progress } from './progress.ts'
import { checkFlags, repeats, strategies, wanted, type ScenarioFlags } from './scenario_flags.ts'
import { heard, keep, print, stress } from './scenario_stress.ts'

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

function list(flags: ScenarioFlags): number {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length))
  for (const { name, title } of SCENARIOS) print(`${name.padEnd(width)}  ${title}`)
  const result = SCENARIOS.map((one) => {
    const { name, title, source, symptom, fix, axis = { axis: 'strategy' } } = one
    const expect = Object.fromEntries(
      strategiesOf(one).map((strategy) => [strategy, expectedOf(one, strategy)]),
    )
    return { name, title, source, symptom, fix, ...axis, expect }
  })
  keep(flags, 'list', result)
  return 0
}

async function matrix(flags: ScenarioFlags): Promise<number> {
  const progress = new Progress()
  const times = repeats(flags)
  const { lockdep = false } = flags
  using interrupt = new Interrupt()
  const cells = await runMatrix({
    times,
    lockdep,
    stop: () => interrupt.asked,
    progress: (text) => {
      progress.show(text)
    },
  })
  progress.clear()
  const byStrategy = cells.filter(({ axis }) => axis === 'strategy')
  const names = [...new Set(byStrategy.map(({ strategy }) => strategy))]
  const rows = [...new Set(byStrategy.map((cell) => cell.scenario))].map((name) => {
    const own = byStrategy.filter((one) => one.scenario === name)
    const found = names.map((strategy) => own.find((one) => one.strategy === strategy)?.cell)
    return [name, ...found.map((cell) => (cell === undefined ? '' : cellText(cell)))]
  })
  print(await table(['', ...names], rows))
  const apart = cells.filter(({ axis }) => axis !== 'strategy')
  const others = apart.map(({ scenario: name, axis, member = '', cell }) => [
    name,
    `${axis} ${member}`,
    cellText(cell),
  ])
  print(await table(['no strategy plays a part', 'of', 'outcome'], others))
  if (lockdep) {
    for (const { scenario: name, strategy, lockReports = [] } of cells) {
      const machine = `${name} under ${strategy}`
      process.stdout.write(await lockText(lockReports.map((report) => ({ ...report, machine }))))
    }
  }
  const wrong = cells.filter(({ asExpected }) => !asExpected)
  for (const { scenario: name, strategy, cell, expected } of wrong) {
    print(`NOT AS EXPECTED: ${name} under ${strategy}: ${verdict(cell)}; expected ${verdict(expected)}`)
  }
  print(`${cells.length} cells, ${cells.length - wrong.length} as expected`)
  const unlike = cells.filter((cell) => cell.same !== cell.times)
  for (const { scenario: name, strategy, same, times: runs } of unlike) {
    print(`NOT ALIKE: ${name} under ${strategy}: ${same} of ${runs} runs`)
  }
  if (times > 1 && !interrupt.asked) {
    const alike = cells.length - unlike.length
    print(
      `${alike} of ${cells.length} cells: ${times} of ${times} runs have the same verdict and the same ladder`,
    )
  }
  // A page is whole or not written.
  if (flags.write !== undefined && !interrupt.asked) writeWhole(flags.write, matrixPage(cells))
  keep(flags, 'matrix', cells, interrupt)
  return interrupt.code(
    wrong.length + unlike.length === 0 ? 0 : 1,
    `${cells.length} of ${matrixSize()} cells`,
  )
}

function verdict(cell: Parameters<typeof cellText>[0]): string {
  return `${cellText(cell)}, answers ${cell.answers.join(' ')}`
}

function show(one: Scenario, run: ForcedRun, lockdep: boolean): void {
  const of = variantOf(one, run.strategy)
  const history = one.axis === undefined ? ` (${strategyNamed(run.strategy)?.history ?? ''})` : ''
  print(`${one.name}${of === '' ? '' : ` under ${of}`}${history}`)
  print(`${one.title}\nsource: ${one.source}\n`)
  print(run.ladder.join('\n'))
  if (run.log.length > 0) print(`\n--- log ---\n${run.log.join('\n')}`)
  // Under --lockdep, what it says follows the verdict.
  const reports = run.reports.filter(({ detector }) => !(lockdep && detector === 'lockdep'))
  for (const { detector, text } of reports) print(`\n--- ${detector} ---\n${text.trim()}`)
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
  const { lockdep = false } = flags
  let code = 0
  const progress = new Progress()
  using interrupt = new Interrupt()
  await using crew = new Crew(true)
  for (const strategy of under) {
    if (interrupt.asked) break
    const { first, times, same } = await runRepeated(crew, one, strategy, repeat, {
      progress: (done) => {
        progress.show(`${one.name} ${strategy}: ${done} of ${repeat}`)
      },
      stop: () => interrupt.asked,
    })
    progress.clear()
    if (under.length === 1) show(one, first, lockdep)
    const { expected, asExpected } = judge(one, first)
    const says =
      expected === ''
        ? 'nothing is expected of it'
        : asExpected
          ? 'as expected'
          : `NOT AS EXPECTED: ${expected}`
    print(`${strategy}: ${verdict(first.cell)}: ${says}`)
    if (repeat > 1) print(`${strategy}: ${same} of ${times} runs have the same verdict and the same ladder`)
    if (!asExpected || same < times) code = 1
    const { lockReports, ...rest } = first
    const kept = lockdep ? first : rest
    if (lockdep) process.stdout.write(await heard(strategy, lockReports))
    results.push({ ...kept, expected: expectedOf(one, strategy), asExpected, repeat: times, same })
  }
  keep(flags, 'run', results, interrupt)
  return interrupt.code(code, `${results.length} of ${under.length} strategies`)
}

/** Nothing is expected of the controls. */
function judge(one: Scenario, run: ForcedRun): { expected: string; asExpected: boolean } {
  if (expectedOf(one, run.strategy) === undefined) return { expected: '', asExpected: true }
  const { expected, asExpected } = judged(one, run)
  return { expected: verdict(expected), asExpected }
}
