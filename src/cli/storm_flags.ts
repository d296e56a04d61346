/**
 * The flags of `lockstorm storm`. Nothing of the storm is loaded for them, so that help and errors come at once; a test
 * compares their texts with what the storm knows.
 */
import type { Command } from 'commander'
import { lockFlags, type LockFlags } from './lock_flags.ts'

/** What commander hands over: texts. */
export interface StormFlags extends LockFlags {
  readonly parents?: string
  readonly devices?: string
  readonly cpus?: readonly string[]
  readonly strategies?: readonly string[]
  readonly vendor?: readonly string[]
  readonly vendorCreate?: string
  readonly vendorRemove?: string
  readonly affinity?: string
  readonly phase?: string
  readonly rounds?: string
  readonly warmup?: string
  readonly duplicates?: string
  readonly hotplug?: string
  readonly secondOrder?: string
  readonly hold?: readonly string[]
  readonly seed?: string
  readonly json?: string
  readonly baseline?: string
  readonly driver?: string
  readonly budget?: string
  readonly arena?: string
  readonly testFault?: string
  readonly workload?: string
  readonly fence?: readonly string[]
  readonly duration?: string
  readonly sleepers?: string
  readonly patience?: string
  readonly write?: string
  readonly control?: string
}

const STRATEGIES =
  'per-parent, global, placeholder, rwsem, refcount, srcu, modern, sharded (all of them: all), busted-namespace, busted-gate'

const HOLDS =
  "kernfs_rwsem, uevent_sock_mutex, '&k->list_lock', '&k->k_lock', gdp_mutex, sysfs_symlink_target_lock, vfio.group_lock, " +
  "'&group->mutex', '&group->device_lock', '&group->unbound_lock', '&dev->mutex', '&of->mutex', mdev_list_lock, parent_list_lock, " +
  "'&parent->lock', '&parent->unreg_sem', '&mdev_bucket[i].lock'"

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

const FENCES =
  'mutex, hard, rwsem, srcu, wait-close, cdev-kill (all of them: all), flag (the control, which is caught)'

/** Declares the flags, grouped by the workloads that know them. */
export function stormFlags(command: Command): Command {
  return [mdevFlags, vfioFlags, unplugFlags, everyFlags].reduce((made, declare) => declare(made), command)
}

/** What is stormed, and how. */
function mdevFlags(command: Command): Command {
  lockFlags(
    command
      .optionsGroup('Create and remove mdevs (--workload mdev, the default):')
      .option('--strategies <a,b|all>', `any of ${STRATEGIES}; default all`, collect)
      .option('--parents <n>', 'parents (GPUs), default 8')
      .option('--devices <n>', 'devices per parent, default 16; at most 16 (vgpu) or 24 (mtty)')
      .option('--cpus <n,…>', 'CPUs (worker threads), default 8; several make a sweep', collect)
      .option(
        '--vendor <cost,…>',
        'what create and remove cost: none, busy:20us, sleep:1ms, sleep:1ms:exp; default none,busy:20us,sleep:1ms',
        collect,
      )
      .option('--vendor-create <cost>', 'cost of create alone')
      .option('--vendor-remove <cost>', 'cost of remove alone')
      .option('--affinity <how>', 'who works on which parent: own, spread or random; default own')
      .option('--phase <how>', 'create-remove or churn; default create-remove')
      .option('--rounds <n>', 'measured rounds; default 25, or fewer within --budget')
      .option('--warmup <n>', 'rounds before, without vendor cost; default 250')
      .option('--duplicates <rate>', 'share of uuids that are created twice, 0 to 1; default 0')
      .option('--hotplug <rate>', 'chance per operation that a parent is unplugged and plugged; default 0')
      .option(
        '--second-order <which>',
        "locks that are not mdev's own: on, off, or some of kernfs,uevent,lists,vfio,devtmpfs; default on",
      )
      .option(
        '--hold <lock=time,…>',
        `checked build: hold locks longer, kernfs_rwsem=20us; any of ${HOLDS}`,
        collect,
      )
      .option('--baseline <name>', 'strategy that the others are compared with; default global, or the first')
      .option('--driver <name>', 'vgpu or mtty; default vgpu')
      .option('--budget <s>', 'begin no round after so many seconds; default 40, no limit with --rounds'),
  )
  return command
    .addOption(command.createOption('--arena <size>', 'size of each arena').hideHelp())
    .addOption(command.createOption('--test-fault <fault>', 'make one CPU misbehave').hideHelp())
}

/** Users of mdevs. */
function vfioFlags(command: Command): Command {
  return command
    .optionsGroup(
      'Users of mdevs that go (--workload vfio); also --strategies ONE (default modern), --parents (4), --devices (16 in all), --cpus (6):',
    )
    .option('--control <name>', 'none, or users that are wrong and caught: leak, early-put; default none')
}

/** A device that is taken away. */
function unplugFlags(command: Command): Command {
  return command
    .optionsGroup('Users of a device that is hot-unplugged (--workload unplug); also --cpus (8):')
    .option('--fence <a,b|all>', `any of ${FENCES}; default all`, collect)
    .option('--sleepers <n>', 'CPUs that sleep in the device in the last quarter; default 16')
    .option('--patience <time>', 'how long one sleeps where nobody wakes it; default 500ms')
    .option('--write <file>', 'write the page docs/fences.md there')
}

function everyFlags(command: Command): Command {
  return command
    .optionsGroup('Options:')
    .option('--workload <name>', 'mdev, vfio or unplug; default mdev')
    .option('--duration <time>', 'vfio: storm time, unplug: the same per fence, such as 60s; default 4s')
    .option('--seed <n>', 'seed of everything random, default 1')
    .option('--json <file>', 'write the result there')
}
