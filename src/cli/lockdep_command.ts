/**
 * What `lockstorm lockdep` does.
 */
import { environment } from '../results/environment.ts'
import { whyNotWritable, writeResult } from '../results/io.ts'
import { badValue } from './usage.ts'
import { oneOf } from './values.ts'

/** What commander hands over. */
export interface LockdepFlags {
  readonly gate?: string
  readonly era?: string
  readonly srcuSync?: boolean
  readonly json?: string
}

/** Runs a pattern; sets the exit code. Throws UsageError. */
export async function lockdep(name: string, flags: LockdepFlags): Promise<void> {
  const { devlink, DEVLINK_GATES } = await import('../scenarios/lockdep/devlink.ts')
  const pattern = oneOf('pattern', name, ['devlink'])
  const gate = oneOf('--gate', flags.gate ?? 'rwsem', DEVLINK_GATES)
  const era = oneOf('--era', flags.era ?? '2023', ['2019', '2023'])
  const { json, srcuSync } = flags
  const why = json === undefined ? undefined : whyNotWritable(json)
  if (why !== undefined) throw badValue('--json', json, `a file that can be written, but ${why}`)
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
