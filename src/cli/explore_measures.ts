/**
 * The explorer looked at from outside: `lockstorm explore fuzz` and `explore rates`.
 */
import { Crew, fuzzTasks, fuzzTotal, measureRates } from '../explore/index.ts'
import { fuzzBlocks } from '../report/explore_text.ts'
import { ratesTable } from '../report/rates_table.ts'
import { fuzzCases } from './cases.ts'
import type { FuzzFlags, RatesFlags } from './commands/explore.ts'
import { coresOf, setPolls } from './explore_flags.ts'
import { explored } from './explore_result.ts'
import type { Session } from './session.ts'

/** Random programs under all searches. Returns the exit code. */
export async function fuzz(session: Session, _: readonly string[], flags: FuzzFlags): Promise<number> {
  const { programs, seed } = flags
  setPolls(flags)
  await using crew = new Crew(coresOf(flags))
  const started = performance.now()
  let done = 0
  const reports = await session.interrupt.finished(
    fuzzTasks(programs, seed).map(async (task) => {
      const report = await crew.submit({ kind: 'fuzz', ...task })
      done += task.seeds.length
      session.progress.show(`${done} of ${programs} programs`)
      return report
    }),
  )
  const total = fuzzTotal(reports)
  session.print(...fuzzBlocks(total, done, (performance.now() - started) / 1000))
  session.keep(explored('fuzz', total))
  session.cases(fuzzCases(total))
  session.interrupt.cameTo(`${done} of ${programs} programs`)
  return total.mismatches.length === 0 ? 0 : 1
}

/** Executions per second. Returns the exit code. */
export async function rates(session: Session, _: readonly string[], flags: RatesFlags): Promise<number> {
  const show = (text: string): void => session.progress.show(text)
  const measured = await measureRates(coresOf(flags), flags.duration, show, session.stop)
  session.print(ratesTable(measured))
  session.keep(explored('rates', measured))
  session.interrupt.cameTo(`${measured.length} rates`)
  return 0
}
