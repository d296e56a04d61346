/**
 * What `lockstorm litmus` does: choose the tests, run, print, write.
 */
import { litmusSummary, litmusTable } from '../report/litmus_table.ts'
import { environment } from '../results/environment.ts'
import { writeResult } from '../results/io.ts'
import { LITMUS_SCHEMA, type LitmusResult, type LitmusRunResult } from '../results/litmus.ts'
import { parseDuration } from '../torture/duration.ts'
import {
  LITMUS,
  LITMUS_FAMILIES,
  litmusNamed,
  possibleOutcomes,
  programText,
  runLitmus,
  type Litmus,
  type LitmusOptions,
} from '../torture/litmus/index.ts'
import { Interrupt } from './interrupt.ts'
import { Progress } from './progress.ts'
import { badValue, didYouMean, mustBeWritable, UsageError } from './usage.ts'
import { integer } from './values.ts'

const NAMES = [...LITMUS_FAMILIES, ...LITMUS.map(({ name }) => name)]
const ROUNDS = 400_000
const DURATION_MS = 2000
const LONGEST_MS = 3_600_000
const MOST = 1_000_000_000

/** Flags of the command, as commander gives them. */
export interface LitmusFlags {
  readonly list?: boolean
  readonly rounds?: string
  readonly duration?: string
  readonly seed?: string
  readonly forbid?: readonly string[]
  readonly json?: string
}

function testsNamed(names: readonly string[]): readonly Litmus[] {
  if (names.length === 0) return LITMUS
  return names.flatMap((name) => {
    const found = litmusNamed(name)
    if (found.length > 0) return found
    throw badValue('litmus test', name, `one of ${NAMES.join(', ')}${didYouMean(name, NAMES)}`)
  })
}

function durationMs(text: string): number {
  const ms = parseDuration(text, 1000)
  if (ms !== undefined && ms > 0 && ms <= LONGEST_MS) return ms
  throw badValue('--duration', text, 'a time up to 1h such as 500ms, 10s, 2m, or a number of seconds')
}

function optionsOf(flags: LitmusFlags): LitmusOptions {
  return {
    rounds: flags.rounds === undefined ? ROUNDS : integer('--rounds', flags.rounds, 1, MOST),
    durationMs: flags.duration === undefined ? DURATION_MS : durationMs(flags.duration),
    seed: flags.seed === undefined ? 1 : integer('--seed', flags.seed, 0, 0xffff_ffff),
    forbid: flags.forbid ?? [],
  }
}

/** @throws UsageError if an outcome is forbidden that the chosen test cannot have */
function refuse(tests: readonly Litmus[], forbid: readonly string[]): void {
  if (forbid.length === 0) return
  const [test] = tests
  if (test === undefined || tests.length > 1)
    throw new UsageError('--forbid: name one test, such as SB+plain')
  const possible = possibleOutcomes(test)
  const wrong = forbid.find((text) => !possible.includes(text))
  if (wrong === undefined) return
  throw badValue(
    '--forbid',
    wrong,
    `an outcome of ${test.name}: ${possible.map((one) => `'${one}'`).join(', ')}`,
  )
}

async function runAll(
  tests: readonly Litmus[],
  options: LitmusOptions,
  signal: AbortSignal,
): Promise<LitmusResult[]> {
  const progress = new Progress()
  const results: LitmusResult[] = []
  for (const [i, test] of tests.entries()) {
    if (signal.aborted) break
    progress.show(`litmus: ${i + 1} of ${tests.length}, ${test.name}`)
    const result = await runLitmus(test, { ...options, signal })
    progress.clear()
    results.push(result)
    process.stdout.write(`${await litmusTable(result)}\n`)
  }
  return results
}

/** One line per test, and the same as JSON. */
function list(tests: readonly Litmus[], json: string | undefined): void {
  const width = Math.max(...tests.map(({ name }) => name.length))
  for (const test of tests) process.stdout.write(`${test.name.padEnd(width)}  ${programText(test)}\n`)
  const result = tests.map((test) => ({
    name: test.name,
    summary: test.summary,
    program: programText(test),
    outcomes: possibleOutcomes(test),
  }))
  if (json !== undefined)
    writeResult(json, { schema: 'lockstorm/litmus-list@1', env: environment(), tests: result })
}

/** Runs the command; sets the exit code. @throws UsageError */
export async function litmusCommand(names: readonly string[], flags: LitmusFlags): Promise<void> {
  const tests = testsNamed(names)
  mustBeWritable('--json', flags.json)
  if (flags.list === true) {
    list(tests, flags.json)
    return
  }
  const options = optionsOf(flags)
  refuse(tests, flags.forbid ?? [])
  using interrupt = new Interrupt()
  const results = await runAll(tests, options, interrupt.signal)
  process.stdout.write(`${litmusSummary(results)}\n`)
  const ok = results.every((result) => result.ok)
  const run: LitmusRunResult = { schema: LITMUS_SCHEMA, env: environment(), ok, results }
  if (flags.json !== undefined) writeResult(flags.json, interrupt.mark(run))
  process.exitCode = interrupt.code(ok ? 0 : 1, `${results.length} of ${tests.length} tests`)
}
