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

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

const FENCES =
  'mutex, hard, rwsem, srcu, wait-close, cdev-kill (all of them: all), flag (the control, which is caught)'

/** Declares the flags. */
export function stormFlags(command: Command): Command {
  return unplugFlags(lockFlags(command))
    .option('--parents <n>', 'parents (GPUs), default 8')
    .option('--devices <n>', 'devices per parent, default 16; at most 16 (vgpu) or 24 (mtty)')
    .option('--cpus <n,…>', 'CPUs (worker threads), default 8; several make a sweep', collect)
    .option('--strategies <a,b|all>', `any of ${STRATEGIES}; default all`, collect)
    .option(
      '--vendor <cost,…>',
      'none, busy:20us, sleep:1ms, sleep:1ms:exp; default none,busy:20us,sleep:1ms',
      collect,
    )
    .option('--vendor-create <cost>', 'cost of create alone')
    .option('--vendor-remove <cost>', 'cost of remove alone')
    .option('--affinity <how>', 'who works on which parent: own, spread or random; default own')
    .option('--phase <how>', 'create-remove or churn; default create-remove')
    .option('--rounds <n>', 'measured rounds; default 25, or fewer within --budget')
    .option('--warmup <n>', 'rounds before, with short vendor costs; default 250')
    .option('--duplicates <rate>', 'share of uuids that are created twice, 0 to 1; default 0')
    .option('--hotplug <rate>', 'chance per operation that a parent is unplugged and plugged; default 0')
    .option(
      '--second-order <which>',
      "locks that are not mdev's own: on, off, or some of kernfs,uevent,lists,vfio,devtmpfs; default on",
    )
    .option('--seed <n>', 'seed of everything random, default 1')
    .option('--json <file>', 'write the result there')
    .option('--baseline <name>', 'strategy that the others are compared with, default global')
    .option('--driver <name>', 'vgpu or mtty; default vgpu')
    .option('--budget <s>', 'begin no round after so many seconds; default 40, no limit with --rounds')
    .addOption(command.createOption('--arena <size>', 'size of each arena').hideHelp())
    .addOption(command.createOption('--test-fault <fault>', 'make one CPU misbehave').hideHelp())
}

/** Flags of the other workload. */
function unplugFlags(command: Command): Command {
  return command
    .option(
      '--workload <name>',
      'mdev; unplug: users of a device that is hot-unplugged; vfio: users of mdevs that go; default mdev',
    )
    .option('--fence <a,b|all>', `unplug: any of ${FENCES}; default all`, collect)
    .option('--duration <time>', 'unplug: storm time per fence, vfio: storm time, such as 60s; default 4s')
    .option('--control <name>', 'vfio: none, or users that are caught: leak, early-put; default none')
    .option('--sleepers <n>', 'unplug: CPUs that sleep in the device in the second half; default 16')
    .option('--patience <time>', 'unplug: how long one sleeps where nobody wakes it; default 500ms')
    .option('--write <file>', 'unplug: write the page docs/fences.md there')
}
