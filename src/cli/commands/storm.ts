/**
 * `lockstorm storm`: what does each locking strategy cost when all devices are created and removed at once?
 */
import type { Command } from 'commander'
import { stormFlags, type StormFlags } from '../storm_flags.ts'

const EXAMPLES = `
Examples:
  lockstorm storm
  lockstorm storm --strategies global,placeholder,srcu --vendor sleep:1ms --cpus 1,2,4,8
  lockstorm storm --duplicates 0.2 --vendor none --json duplicates.json
  lockstorm storm --hotplug 0.05 --vendor sleep:200us:exp --affinity spread
  lockstorm storm --phase churn --second-order off --rounds 100
  lockstorm storm --strategies all --lockdep --lock-stat --warmup 5 --rounds 5 --vendor none
  lockstorm storm --workload unplug --fence all,flag --duration 60s --cpus 8 --sleepers 100
  lockstorm storm --workload vfio --duration 60s`

/** Adds the command. */
export function register(main: Command): void {
  const command = main
    .command('storm')
    .description('create and remove all devices at once, under every strategy; print what each of them costs')
    .addHelpText('after', EXAMPLES)
  stormFlags(command).action(async (flags: StormFlags) => {
    const { storm } = await import('../storm_command.ts')
    await storm(flags)
  })
}
