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
  const run = runForced(crew, devlink_order, gate, { era, ...(srcuSync && { srcuSync }) })
  const ended = await Promise.race([run, interrupted(session.interrupt.signal)])
  session.interrupt.cameTo(ended === undefined ? 'before both had run' : 'when both had run')
  const reports = ended?.lockReports ?? []
  const nothing = `lockdep: nothing to report${ended === undefined ? ' so far' : ''}`
  session.print(...(reports.length === 0 ? [nothing] : reports.map(({ text }) => text.replace(/^\n/, ''))))
  session.keep({ schema: 'lockstorm/lockdep@1', env: environment(), pattern, gate, era, srcuSync, reports })
  return reports.length > 0 ? 1 : 0
}

/** Settles when the user has had enough. */
function interrupted(signal: AbortSignal): Promise<undefined> {
  return new Promise((done) => {
    if (signal.aborted) done(undefined)
    else signal.addEventListener('abort', () => done(undefined), { once: true })
  })
}
