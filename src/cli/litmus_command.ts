/**
 * What `lockstorm litmus` does: choose the tests, run, print, write.
 */
import { litmusSummary, litmusTable } from '../report/litmus_table.ts'
import { environment } from '../results/environment.ts'
import { LITMUS_SCHEMA, type LitmusResult, type LitmusRunResult } from '../results/litmus.ts'
import {
  LITMUS,
  LITMUS_FAMILIES,
  litmusNamed,
  possibleOutcomes,
  programText,
  runLitmus,
  type Litmus,
} from '../torture/litmus/index.ts'
import type { LitmusFlags } from './commands/litmus.ts'
import type { Session } from './session.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'

const NAMES = [...LITMUS_FAMILIES, ...LITMUS.map(({ name }) => name)]

function testsNamed(names: readonly string[]): readonly Litmus[] {
  if (names.length === 0) return LITMUS
  const tests = names.flatMap((name) => {
    const found = litmusNamed(name)
    if (found.length > 0) return found
    throw badValue('litmus test', name, `one of ${NAMES.join(', ')}${didYouMean(name, NAMES)}`)
  })
  const twice = tests.find((test, i) => tests.indexOf(test) < i)
  if (twice !== undefined) throw new UsageError(`litmus ${names.join(' ')}: ${twice.name} is given twice`)
  return tests
}

/** @throws UsageError if an outcome is forbidden that the chosen test cannot have */
function refuse(tests: readonly Litmus[], forbid: readonly string[]): void {
  if (forbid.length === 0) return
  const [test] = tests
  if (test === undefined || tests.length > 1)
    throw new UsageError(`--forbid ${forbid.join()}: name one test, such as SB+plain`)
  const possible = possibleOutcomes(test)
  const wrong = forbid.find((text) => !possible.includes(text))
  if (wrong === undefined) return
  const accepted = possible.map((one) => `'${one}'`).join(', ')
  throw badValue('--forbid', wrong, `an outcome of ${test.name}: ${accepted}`)
}

async function runAll(
  session: Session,
  tests: readonly Litmus[],
  { rounds, duration, seed, forbid = [] }: LitmusFlags,
): Promise<LitmusResult[]> {
  const { signal } = session.interrupt
  const results: LitmusResult[] = []
  for (const [i, test] of tests.entries()) {
    if (signal.aborted) break
    session.progress.show(`litmus: ${i + 1} of ${tests.length}, ${test.name}`)
    const result = await runLitmus(test, { rounds, durationMs: duration, seed, forbid, signal })
    results.push(result)
    session.print(...litmusTable(result))
  }
  return results
}

/** One line per test, and the same as JSON. */
function list(session: Session, tests: readonly Litmus[]): number {
  session.print({ pairs: tests.map((test) => [test.name, programText(test)]) })
  const result = tests.map((test) => ({
    name: test.name,
    summary: test.summary,
    program: programText(test),
    outcomes: possibleOutcomes(test),
  }))
  session.keep({ schema: 'lockstorm/litmus-list@1', env: environment(session.begun), tests: result })
  return 0
}

/** Runs the command. Returns the exit code. @throws UsageError */
export async function litmusCommand(
  session: Session,
  names: readonly string[],
  flags: LitmusFlags,
): Promise<number> {
  const tests = testsNamed(names)
  refuse(tests, flags.forbid ?? [])
  if (flags.list) return list(session, tests)
  const results = await runAll(session, tests, flags)
  session.print(litmusSummary(results))
  const ok = results.every((result) => result.ok)
  const run: LitmusRunResult = { schema: LITMUS_SCHEMA, env: environment(session.begun), ok, results }
  session.keep(run)
  session.interrupt.cameTo(`${results.length} of ${tests.length} tests`)
  return ok ? 0 : 1
}
