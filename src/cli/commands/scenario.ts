/**
 * `lockstorm scenario`: does this race of the mails happen under this strategy?
 */
import type { Command } from 'commander'
import type { ScenarioFlags } from '../scenario_command.ts'

const EXAMPLES = `
Examples:
  lockstorm scenario                                        list the races
  lockstorm scenario problem-5 --strategy placeholder       force the drawn interleaving: ladder, report, verdict
  lockstorm scenario problem-5                              the same under every strategy, verdicts only
  lockstorm scenario newcomer --strategy refcount --repeat 100
  lockstorm scenario same-uuid --strategy srcu --stress 500 let it run free; how often does it happen?
  lockstorm scenario --matrix --write docs/matrix.md        every race under every strategy
  lockstorm scenario --matrix --repeat 100                  are all runs of each cell alike?

Exit codes: 0 as expected, 1 not as expected, 2 bad usage, 3 the run itself broke`

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
    .option('--json <file>', 'write the result there')
    .action(async (name: string | undefined, flags: ScenarioFlags) => {
      const { scenario } = await import('../scenario_command.ts')
      process.exitCode = await scenario(name, flags)
    })
}
