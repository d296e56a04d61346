/**
 * What `lockstorm selftest` does. It runs kernel code on the main thread, so in the checked build.
 */
import { environment } from '../results/environment.ts'
import { writeResult } from '../results/io.ts'
import { inCheckedBuild } from './lock_flags.ts'
import { mustBeWritable } from './usage.ts'

/** What commander hands over. */
export interface SelftestFlags {
  readonly traced?: boolean
  readonly json?: string
}

/** Runs the self-test; sets the exit code. Throws UsageError. */
export async function selftest({ traced = false, json }: SelftestFlags): Promise<void> {
  mustBeWritable('--json', json)
  if (!(await inCheckedBuild())) return
  const { DIFFERENCES, runSelftest } = await import('../selftest/selftest.ts')
  const { cells, passed, failed, text } = runSelftest(traced)
  process.stdout.write(`${text}\n\nDifferences from lib/locking-selftest.c:\n`)
  for (const line of DIFFERENCES) process.stdout.write(`  ${line}\n`)
  const schema = 'lockstorm/selftest@1'
  if (json !== undefined) writeResult(json, { schema, env: environment(), traced, passed, failed, cells })
  process.exitCode = failed > 0 ? 1 : 0
}
