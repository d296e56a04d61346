/**
 * What stands behind `lockstorm conformance`.
 */
import { runConformance } from '../conformance/index.ts'
import { caseBlocks, conformanceSummary, leftOut, sectionsTable } from '../report/conformance_text.ts'
import { environment } from '../results/index.ts'
import type { ConformanceFlags } from './commands/conformance.ts'
import type { Session } from './session.ts'

/** Runs the command. Returns the exit code. */
export async function conformance(
  session: Session,
  _: readonly string[],
  { list }: ConformanceFlags,
): Promise<number> {
  const show = (section: string): void => session.progress.show(`conformance: ${section}`)
  const results = await runConformance(show, session.stop)
  const told = list ? results : results.filter(({ outcome }) => outcome !== 'passes')
  const blocks = [...told.flatMap(caseBlocks), ...leftOut(results)]
  const table = sectionsTable(results)
  session.print(...(list ? [...blocks, table] : [table, ...blocks]), conformanceSummary(results))
  const kernel = 'Linux 6.1.192'
  session.keep({ schema: 'lockstorm/conformance@1', env: environment(), kernel, results })
  session.interrupt.cameTo(`${results.length} cases were run`)
  return results.some(({ outcome }) => outcome === 'fails') ? 1 : 0
}
