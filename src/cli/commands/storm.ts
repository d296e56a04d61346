/**
 * `lockstorm storm`: what does each locking strategy cost when all devices are created and removed at once?
 */
import type { Command } from 'commander'
import { stormFlags, type StormFlags } from '../storm_flags.ts'

const EXAMPLES = `
Exit codes: 0 nothing found, 1 a broken invariant or a report of lockdep, 2 bad usage, 3 the run itself broke,
130 interrupted with nothing found

Examples:
  lockstorm storm                                             all strategies, three vendor costs, under a minute
  lockstorm storm --strategies global,placeholder,srcu --vendor sleep:1ms --cpus 1,2,4,8
  lockstorm storm --duplicates 0.2 --vendor none --json duplicates.json
  lockstorm storm --hotplug 0.05 --vendor sleep:200us:exp --affinity spread
  lockstorm storm --phase churn --second-order off --rounds 100
  lockstorm storm --strategies all --lockdep --lock-stat --warmup 5 --rounds 5 --vendor none
  lockstorm storm --vendor none --hold kernfs_rwsem=20us,uevent_sock_mutex=0us
                                                      what if kernfs_rwsem were held longer? Compare with =0us
  lockstorm storm --workload unplug --fence all,flag --duration 60s --cpus 8 --sleepers 100
  lockstorm storm --workload vfio --duration 60s

Wrong on purpose: caught in some of the rounds
  lockstorm storm --strategies busted-namespace --parents 1 --cpus 2 --duplicates 1 --vendor none --rounds 1000
  lockstorm storm --strategies busted-gate --cpus 4 --hotplug 0.2 --affinity spread --vendor sleep:100us --rounds 200`

/** Adds the command. */
export function register(main: Command): void {
  const command = main
    .command('storm')
    .description('create and remove all devices at once, under every strategy: what does each cost?')
    .addHelpText('after', EXAMPLES)
  stormFlags(command).action(async (flags: StormFlags) => {
    const { storm } = await import('../storm_command.ts')
    await storm(flags)
  })
}
