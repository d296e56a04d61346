/**
 * `lockstorm selftest`: does lockdep see what it must see, and nothing else?
 */
import type { Command } from 'commander'
import type { SelftestFlags } from '../selftest_command.ts'

const EXAMPLES = `
The kernel's locking self-test (lib/locking-selftest.c) on our locks: each cell is a scenario that lockdep must report, or must
not. ok: it did as it must.

Exit codes: 0 all cells ok, 1 a cell failed, 2 bad usage, 3 the run itself broke

Examples:
  lockstorm selftest
  lockstorm selftest --traced              the tracepoints alone, without locks behind them
  lockstorm selftest --json selftest.json`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('selftest')
    .description("print the kernel's locking self-test grid for our locks and our lockdep")
    .option('--traced', 'tracepoints in place of locks')
    .option('--json <file>', 'write every cell there')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: SelftestFlags) => {
      const { selftest } = await import('../selftest_command.ts')
      await selftest(flags)
    })
}
