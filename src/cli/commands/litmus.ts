/**
 * `lockstorm litmus`: which outcomes of small racing programs does this machine show, and are they allowed?
 */
import type { Command } from 'commander'
import type { LitmusFlags } from '../litmus_command.ts'

const EXAMPLES = `
SB, MP, LB, IRIW, R, S and 2+2W, each with plain accesses, with Atomics, and in mixes that matter. A weak outcome is one that no
interleaving gives: allowed for plain accesses, forbidden for Atomics.

Exit codes: 0 nothing forbidden was seen, 1 something forbidden was, 2 bad usage, 3 the run itself broke, 130 interrupted

Examples:
  lockstorm litmus                                   all tests, 2 s each at most
  lockstorm litmus SB MP+plain --rounds 5000000 --duration 1m --json litmus.json
  lockstorm litmus SB+plain --forbid '0:r0=0 1:r0=0'  is store buffering visible here? Exit code 1 if so`

/** Adds the command. */
export function register(main: Command): void {
  main
    .command('litmus [tests...]')
    .description(
      'run small racing programs many times: which outcomes are seen, how often, which are forbidden',
    )
    .option('--list', 'list the tests with their programs and end')
    .option('--rounds <n>', 'rounds of each test; default 400000')
    .option('--duration <time>', 'longest run of each test: 500ms, 10s; default 2s')
    .option('--seed <n>', 'seed of the random head starts; default 1')
    .option('--forbid <outcome...>', 'count this outcome as forbidden too; with one test')
    .option('--json <file>', 'write the results as JSON too')
    .addHelpText('after', EXAMPLES)
    .action(async (tests: string[], flags: LitmusFlags) => {
      const { litmusCommand } = await import('../litmus_command.ts')
      await litmusCommand(tests, flags)
    })
}
