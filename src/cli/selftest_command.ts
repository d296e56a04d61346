/**
 * What `lockstorm selftest` does. It runs kernel code on the main thread, so in the checked build.
 */
import { environment } from '../results/environment.ts'
import type { SelftestFlags } from './commands/selftest.ts'
import { inCheckedBuild } from './detectors.ts'
import type { Session } from './session.ts'

/** Runs the self-test. Returns the exit code. */
export async function selftest(
  session: Session,
  _: readonly string[],
  { traced }: SelftestFlags,
): Promise<number> {
  const code = await inCheckedBuild(session)
  if (code !== undefined) return code
  const { DIFFERENCES, runSelftest } = await import('../selftest/selftest.ts')
  const { cells, passed, failed, text } = runSelftest(traced)
  session.print(
    text,
    '',
    'Differences from lib/locking-selftest.c:',
    ...DIFFERENCES.map((line) => `  ${line}`),
  )
  session.keep({ schema: 'lockstorm/selftest@1', env: environment(), traced, passed, failed, cells })
  session.interrupt.cameTo(`${cells.length} cells were run`)
  return failed > 0 ? 1 : 0
}
