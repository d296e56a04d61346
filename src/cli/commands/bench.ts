/**
 * `lockstorm bench`: what operations cost, alone, contended and against others.
 */
import type { Command } from 'commander'
import type { BenchFlags } from '../bench_command.ts'

const EXAMPLES = `
Suites (default: all):
  access     reads and writes of shared memory, through #access and through bare Atomics
  sync       every lock, count and grace period, alone and contended, against bare Atomics and other packages
  mdev       one create and remove under every strategy
  layers     where the time of a create and remove goes
  fairness   who gets how much in a second, and who waits longest
  blocked    processor time of workers that wait

What the columns mean: bench/README.md. A missed target is told and is no failure: it may be the machine.

Exit codes: 0 measured, 2 bad usage, 3 the run itself broke, 130 interrupted

Examples:
  lockstorm bench sync fairness blocked     the primitives, and whether they reach their targets
  lockstorm bench mdev layers --json bench.json
  lockstorm bench --quick                   does everything run?
  lockstorm bench --lock-stat               what the detectors cost`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('bench [suites...]')
    .description('measure single operations: alone, contended, against others')
    .option('--json <file>', 'write the results as JSON too')
    .option(
      '--lock-stat',
      'no suites: what lockdep and lock_stat cost per lock, then the locks in the table of /proc/lock_stat',
    )
    .option('--quick', 'a few samples only: shows that everything runs, measures nothing')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], flags: BenchFlags) => {
      const { bench } = await import('../bench_command.ts')
      await bench(names, flags)
    })
}
