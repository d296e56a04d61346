/**
 * `lockstorm lockdep`: lock patterns of the mails under the lock validator.
 */
import type { Command } from 'commander'
import type { LockdepFlags } from '../lockdep_command.ts'

const EXAMPLES = `
Patterns:
  devlink   T1 removes an mdev: unreg_sem, then devlink_mutex. T2 changes a devlink mode: devlink_mutex, then unreg_sem. T2 starts
            when T1 has ended, so nothing ever waits, and lockdep reports the order all the same.

Exit codes: 0 no report, 1 a report, 2 bad usage, 3 the run itself broke

Examples:
  lockstorm lockdep devlink                             the report of 2019, circular
  lockstorm lockdep devlink --gate srcu --era 2019      silent then: SRCU had no update-side edges
  lockstorm lockdep devlink --gate srcu                 reported since 6.4
  lockstorm lockdep devlink --gate srcu --era 2019 --srcu-sync --json report.json`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('lockdep [pattern]')
    .description('run a lock pattern of the mails under the lock validator and print its report')
    .option('--gate <name>', 'what guards the unregistering: rwsem or srcu; default rwsem')
    .option('--era <year>', 'validator of 2019, or of 2023 with wait types and SRCU edges; default 2023')
    .option('--srcu-sync', 'SRCU edges whatever the era')
    .option('--json <file>', 'write the reports there')
    .addHelpText('after', EXAMPLES)
    .action(async (pattern: string | undefined, flags: LockdepFlags) => {
      const { lockdep } = await import('../lockdep_command.ts')
      await lockdep(pattern, flags)
    })
}
