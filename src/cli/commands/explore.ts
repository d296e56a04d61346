/**
 * `lockstorm explore`: is there any interleaving at all that breaks this?
 */
import type { Command } from 'commander'
import type { ExploreFlags } from '../explore_flags.ts'

const EXAMPLES = `
Examples:
  lockstorm explore                                   list the models
  lockstorm explore mutex                             bounds 0 to 2, DPOR, then sampling; a ladder if something fails
  lockstorm explore mutex-3 --search dpor --seconds 60 --jobs 2
  lockstorm explore all --json explore.json
  lockstorm explore replay 'abba@1>1' --times 20      the same schedule again, twenty times
  lockstorm explore replay 'abba@1>1' --engine threads  on real workers
  lockstorm explore witness mutex --times 100         random schedules, on real workers too: do both do the same?
  lockstorm explore lockdep-order-unwatched --lockdep lockdep watches every execution
  lockstorm explore --matrix --write docs/explore.md  every model: verdict, executions, time
  lockstorm explore fuzz --programs 2000              the test of the explorer itself: do all searches see the same traces?
  lockstorm explore --rates                           executions per second

--lockdep: a report ends the execution that makes it as a failure, also where the model was written to fail in another way, and is
printed below the ladder. Replay such a schedule with --lockdep. Models that are written with lockdep are watched anyway.

Exit codes: 0 as expected (a model that must fail has failed), 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('explore [names...]')
    .description(
      'run small programs under every interleaving: exhausted without a failure, or the ladder of one',
    )
    .addHelpText('after', EXAMPLES)
    .option(
      '--search <name>',
      'portfolio (default), exhaust (of `all`: dpor, then bounds), dpor, dfs, pct, pos or random',
    )
    .option('--bound <n>', 'dfs: most preemptions')
    .option('--depth <n>', 'pct: depth of the bug that is looked for')
    .option('--budget <n>', 'most executions; default 100000, no limit if --seconds is given')
    .option('--seconds <n>', 'longest time; default 10, no limit if --budget is given')
    .option('--seed <n>', 'of the randomised searches and of fuzz')
    .option('--jobs <n>', 'cores to search on; default all')
    .option('--times <n>', 'replay: so many times, all must be alike; witness: schedules of each model')
    .option('--engine <name>', 'replay: reexec (default), or threads: real workers')
    .option('--programs <n>', 'fuzz: random programs; default 2000')
    .option('--matrix', 'every model; the table')
    .option('--write <file>', 'with --matrix: write the page there')
    .option('--rates', 'measure executions per second')
    .option(
      '--lockdep',
      'named models, all, replay and witness: lockdep watches; what it reports is a failure',
    )
    .option('--json <file>', 'write the result there')
    .action(async (names: string[], flags: ExploreFlags) => {
      const { exploreCommand } = await import('../explore_command.ts')
      process.exitCode = await exploreCommand(names, flags)
    })
}
