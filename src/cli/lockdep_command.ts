/**
 * What `lockstorm lockdep` does: the race `devlink-order` with a lockdep of one's choice, and of its verdict the report.
 */
import { devlink_order } from '../races/devlink/order.ts'
import { environment } from '../results/environment.ts'
import type { LockdepFlags } from './commands/lockdep.ts'
import { readWord } from './flag.ts'
import { oneOf } from './kinds.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

const PATTERNS = ['devlink'] as const

/** Runs a pattern. Returns the exit code. @throws UsageError */
export async function lockdep(
  session: Session,
  [name]: readonly string[],
  { gate, era, srcuSync }: LockdepFlags,
): Promise<number> {
  if (name === undefined) throw new UsageError(`lockdep: name a pattern, one of ${PATTERNS.join(', ')}`)
  const pattern = readWord('pattern', oneOf(PATTERNS), name)
  const { Crew, runForced } = await import('../scenarios/index.ts')
  await using crew = new Crew(true)
  const { lockReports: reports } = await runForced(crew, devlink_order, gate, {
    era,
    ...(srcuSync && { srcuSync }),
  })
  session.interrupt.cameTo('when both had run')
  session.print(
    ...(reports.length === 0
      ? ['lockdep: nothing to report']
      : reports.map(({ text }) => text.replace(/^\n/, ''))),
  )
  session.keep({ schema: 'lockstorm/lockdep@1', env: environment(), pattern, gate, era, srcuSync, reports })
  return reports.length > 0 ? 1 : 0
}
