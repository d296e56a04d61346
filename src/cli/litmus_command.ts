/**
 * What `lockstorm litmus` does: choose the tests, run, print, write.
 */
import { litmusSummary, litmusTable } from '../report/litmus_table.ts'
import { environment } from '../results/environment.ts'
import { whyNotWritable, writeResult } from '../results/io.ts'
import { LITMUS_SCHEMA, type LitmusResult, type LitmusRunResult } from '../results/litmus.ts'
import { parseDuration } from '../torture/duration.ts'
import {
  LITMUS,
  LITMUS_FAMILIES,
  litmusNamed,
  programText,
  runLitmus,
  type Litmus,
  type LitmusOptions,
} from '../torture/litmus/index.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'
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

/** @throws UsageError if an outcome is forbidden that no chosen test can have */
function refuse(tests: readonly Litmus[], forbid: readonly string[]): void {
  const wrong = forbid.find((text) => !/^(\d:r\d|\[[xy]\])=\d( (\d:r\d|\[[xy]\])=\d)*$/.test(text))
  if (wrong !== undefined)
    throw badValue('--forbid', wrong, "an outcome such as '0:r0=0 1:r0=0', as the tables have it")
  if (forbid.length > 0 && tests.length > 1) throw new UsageError('--forbid: name one test, such as SB+plain')
}

async function runAll(tests: readonly Litmus[], options: LitmusOptions): Promise<LitmusResult[]> {
  const stopped = new AbortController()
  const interrupt = (): void => {
    stopped.abort()
  }
  process.once('SIGINT', interrupt)
  const results: LitmusResult[] = []
  try {
    for (const test of tests) {
      if (stopped.signal.aborted) break
      const result = await runLitmus(test, { ...options, signal: stopped.signal })
      results.push(result)
      process.stdout.write(`${await litmusTable(result)}\n`)
    }
  } finally {
    process.off('SIGINT', interrupt)
  }
  return results
}

/** Runs the command; sets the exit code. @throws UsageError */
export async function litmusCommand(names: readonly string[], flags: LitmusFlags): Promise<void> {
  const tests = testsNamed(names)
  if (flags.list === true) {
    const width = Math.max(...tests.map(({ name }) => name.length))
    for (const test of tests) process.stdout.write(`${test.name.padEnd(width)}  ${programText(test)}\n`)
    return
  }
  const options = optionsOf(flags)
  refuse(tests, flags.forbid ?? [])
  const why = flags.json === undefined ? undefined : whyNotWritable(flags.json)
  if (why !== undefined) throw badValue('--json', flags.json, `a file that can be written, but ${why}`)
  const results = await runAll(tests, options)
  process.stdout.write(`${litmusSummary(results)}\n`)
  const ok = results.every((result) => result.ok)
  const run: LitmusRunResult = { schema: LITMUS_SCHEMA, env: environment(), ok, results }
  if (flags.json !== undefined) writeResult(flags.json, run)
  process.exitCode = ok ? 0 : 1
}
