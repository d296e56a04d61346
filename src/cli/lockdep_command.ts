/**
 * What `lockstorm lockdep` does.
 */
import { environment } from '../results/environment.ts'
import { writeResult } from '../results/io.ts'
import { mustBeWritable, UsageError } from './usage.ts'
import { oneOf } from './values.ts'

/** What commander hands over. */
export interface LockdepFlags {
  readonly gate?: string
  readonly era?: string
  readonly srcuSync?: boolean
  readonly json?: string
}

const PATTERNS = ['devlink'] as const

/** Runs a pattern; sets the exit code. Throws UsageError. */
export async function lockdep(name: string | undefined, flags: LockdepFlags): Promise<void> {
  const { devlink, DEVLINK_GATES } = await import('../scenarios/lockdep/devlink.ts')
  if (name === undefined) throw new UsageError(`which pattern? One of ${PATTERNS.join(', ')}`)
  const pattern = oneOf('pattern', name, PATTERNS)
  const gate = oneOf('--gate', flags.gate ?? 'rwsem', DEVLINK_GATES)
  const era = oneOf('--era', flags.era ?? '2023', ['2019', '2023'])
  const { json, srcuSync } = flags
  if (srcuSync === true && gate !== 'srcu') throw new UsageError('--srcu-sync goes with --gate srcu')
  mustBeWritable('--json', json)
  const reports = await devlink(gate, { era, ...(srcuSync === true && { srcuSync }) })
  for (const { text } of reports) process.stdout.write(`${text.replace(/^\n/, '')}\n`)
  if (reports.length === 0) process.stdout.write('lockdep: nothing to report\n')
  const schema = 'lockstorm/lockdep@1'
  if (json !== undefined)
    writeResult(json, {
      schema,
      env: environment(),
      pattern,
      gate,
      era,
      srcuSync: srcuSync === true,
      reports,
    })
  process.exitCode = reports.length > 0 ? 1 : 0
}
