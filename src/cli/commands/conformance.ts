/**
 * `lockstorm conformance`: does the emulation do what a real kernel was seen to do?
 */
import type { Command } from 'commander'
import type { ConformanceFlags } from '../conformance_command.ts'

const EXAMPLES = `
What was recorded: the sysfs tree, attributes, errnos of odd inputs, log and uevents of mdev on Linux 6.1.192.

Examples:
  lockstorm conformance                       sections with their counts, and the differences
  lockstorm conformance --list                every case
  lockstorm conformance --json conformance.json

Exit codes: 0 as recorded or as explained, 1 a difference that nobody explained, 2 bad usage, 3 the run itself broke`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('conformance')
    .description('compare the strategy modern with what was recorded from a 6.1 kernel')
    .addHelpText('after', EXAMPLES)
    .option('--list', 'print every case, not only those that differ')
    .option('--json <file>', 'write the result there')
    .action(async (flags: ConformanceFlags) => {
      const { conformance } = await import('../conformance_command.ts')
      process.exitCode = await conformance(flags)
    })
}
