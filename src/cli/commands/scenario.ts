/**
 * `lockstorm scenario`: does this race of the mails happen under this strategy?
 */
import type { Command } from 'commander'
import type { ScenarioFlags } from '../scenario_flags.ts'

const EXAMPLES = `
Examples:
  lockstorm scenario                                        list the races
  lockstorm scenario problem-5 --strategy placeholder       force the drawn interleaving: ladder, report, verdict
  lockstorm scenario problem-5                              the same under every strategy, verdicts only
  lockstorm scenario newcomer --strategy refcount --repeat 100
  lockstorm scenario same-uuid --strategy srcu --stress 500 let it run free; how often does it happen?
  lockstorm scenario devlink-order --strategy rwsem --lockdep
                                                            what lockdep says of it, beside the verdict
  lockstorm scenario double-remove --stress 100 --lockdep --lock-stat
                                                            free runs in the checked build, watched
  lockstorm scenario --matrix --write docs/matrix.md        every race under every strategy
  lockstorm scenario --matrix --repeat 100                  are all runs of each cell alike?

Lockdep watches every forced run, and the verdict says whether it has seen something: --lockdep prints what. Free runs are of
the fast build; --lockdep and --lock-stat run them in the checked build, which is slower, so that rates are not comparable.
A report where the table of the scenario has none is not as expected; nothing else changes because of it.

Exit codes: 0 as expected, 1 not as expected, 2 bad usage, 3 the run itself broke, 130 interrupted`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('scenario [name]')
    .description('force a race of the mails, under a locking strategy, and compare with what is expected')
    .addHelpText('after', EXAMPLES)
    .option('--strategy <name>', 'one strategy, controls included; default all of them')
    .option('--repeat <n>', 'force it n times: are all runs the same?')
    .option('--stress <n>', 'run it n times without a schedule and give the rate')
    .option('--matrix', 'every race under every strategy')
    .option('--write <file>', 'with --matrix: write the page there')
    .option(
      '--lockdep',
      'print the reports of lockdep, and keep them in --json; --stress: in the checked build',
    )
    .option(
      '--lock-stat',
      'with --stress: in the checked build, print what locks cost, as /proc/lock_stat does',
    )
    .option('--json <file>', 'write the result there')
    .action(async (name: string | undefined, flags: ScenarioFlags) => {
      const { scenario } = await import('../scenario_command.ts')
      process.exitCode = await scenario(name, flags)
    })
}
