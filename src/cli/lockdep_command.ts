/**
 * What `lockstorm lockdep` does.
 */
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
  const { devlink } = await import('../scenarios/lockdep/devlink.ts')
  const { signal } = session.interrupt
  const reports = await devlink(gate, { era, ...(srcuSync && { srcuSync }) }, signal)
  session.interrupt.cameTo('before both had run')
  const nothing = session.asked ? 'lockdep: nothing to report so far' : 'lockdep: nothing to report'
  session.print(...(reports.length === 0 ? [nothing] : reports.map(({ text }) => text.replace(/^\n/, ''))))
  session.keep({ schema: 'lockstorm/lockdep@1', env: environment(), pattern, gate, era, srcuSync, reports })
  return reports.length > 0 ? 1 : 0
}
