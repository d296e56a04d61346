/**
 * `lockstorm torture`: does this primitive hold under stress?
 */
import type { Command } from 'commander'
import { lockFlags } from '../lock_flags.ts'
import { describeParam, PARAM_NAMES } from '../../torture/params.ts'
import type { TortureFlags } from '../torture_flags.ts'

const EXAMPLES = `
Exit codes: 0 success (all: every real type succeeded and every busted one failed), 1 failure, 2 bad usage,
3 a hang or a crash, 130 interrupted. Parameters may also be given as modprobe takes them: name=value.

Examples:
  lockstorm torture mutex_lock --duration 30s --nwriters_stress 8
  lockstorm torture srcu nreaders=4 gp_poll=1 stat_interval=2
  lockstorm torture mutex_lock --duration 2s --lockdep --lock-stat
  lockstorm torture all --duration 60s --json torture.json`

/** Adds the command. */
export function register(main: Command): void {
  const command = main
    .command('torture [type] [parameters...]')
    .description('torture a lock, a reference count or a grace period, as locktorture and rcutorture do')
    .option('--list', 'list the types and end')
    .option('--duration <time>', 'length of the test, for `all` of all tests together: 500ms, 10s, 2m')
    .option('--checked', 'run the instrumented build')
    .option('--json <file>', 'write the results as JSON too')
    .addHelpText('after', EXAMPLES)
  lockFlags(command)
  for (const name of PARAM_NAMES) command.option(`--${name} <value>`, describeParam(name))
  command.action(async (type: string | undefined, operands: string[], flags: TortureFlags) => {
    const { tortureCommand } = await import('../torture_command.ts')
    await tortureCommand(type, operands, flags)
  })
}
