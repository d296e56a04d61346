/**
 * What stands behind `lockstorm compare`.
 */
import { setImmediate } from 'node:timers/promises'
import {
  compare,
  countAlarms,
  NotComparable,
  runsOf,
  selfComparisons,
  SELF_SCHEMA,
  type CompareOptions,
  type FalseAlarms,
  type Run,
} from '../compare/index.ts'
import { compareBlocks, compareMarkdown, selfBlocks } from '../report/compare_text.ts'
import type { CompareFlags } from './commands/compare.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** The files of both sides. @throws UsageError */
function sidesOf(operands: readonly string[]): readonly [was: readonly string[], is: readonly string[]] {
  const at = operands.indexOf('--')
  const files = operands.filter((word) => word !== '--')
  const sides = at < 0 ? [files.slice(0, 1), files.slice(1)] : [operands.slice(0, at), operands.slice(at + 1)]
  const [was = [], is = []] = sides
  if (was.length === 0 || is.length === 0)
    throw new UsageError('compare: name files of two sides; see lockstorm compare --help')
  if (at < 0 && is.length > 1) {
    throw new UsageError(`compare ${files.join(' ')}: put -- between the files of the two sides`)
  }
  return [was, is]
}

/** @throws UsageError for what cannot be compared */
async function refusing<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NotComparable) throw new UsageError(error.message)
    throw error
  }
}

/** Compares. Returns the exit code. @throws UsageError */
export async function compareCommand(
  session: Session,
  operands: readonly string[],
  flags: CompareFlags,
): Promise<number> {
  const read = (files: readonly string[]): Run[] => files.flatMap((file) => runsOf(file, flags.baseline))
  return refusing(async () => {
    if (flags.self) return self(session, read(operands.filter((word) => word !== '--')), flags)
    const [was, is] = sidesOf(operands)
    const found = compare(read(was), read(is), flags)
    if (flags.format === 'md') session.print(...compareMarkdown(found))
    else session.print(...compareBlocks(found))
    session.keep(found)
    return found.finding ? 1 : 0
  })
}

async function self(session: Session, runs: readonly Run[], flags: CompareOptions): Promise<number> {
  if (runs.length < 2) throw new NotComparable('--self needs two equal runs at least')
  const results: FalseAlarms[] = []
  for (const [size, comparisons] of selfComparisons(runs)) {
    let last: FalseAlarms | undefined
    for (const alarms of countAlarms(size, comparisons, flags)) {
      last = alarms
      session.progress.show(`compare: ${alarms.comparisons} of ${comparisons.length} comparisons`)
      await setImmediate()
      if (session.asked) break
    }
    if (last !== undefined) results.push(last)
    if (session.asked) break
  }
  const judged = ({ comparisons, unjudged }: FalseAlarms): number => comparisons - unjudged
  if (!session.asked && results.every((one) => judged(one) === 0))
    throw new NotComparable('--self: nothing can be judged: no row is steady in two of the runs')
  session.print(...selfBlocks(results, flags.alpha))
  const isNoisy = results.some((one) => one.findings > flags.alpha * judged(one))
  session.keep({ schema: SELF_SCHEMA, alpha: flags.alpha, least: flags.least, results, finding: isNoisy })
  session.interrupt.cameTo(`${results.reduce((sum, one) => sum + one.comparisons, 0)} comparisons`)
  return isNoisy ? 1 : 0
}
