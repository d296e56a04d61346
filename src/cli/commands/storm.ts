/**
 * `lockstorm storm`: what does each locking strategy cost when all devices are created and removed at once?
 */
import { NR_CPUS } from '../../base/constants.ts'
import { FENCES } from '../../fences/list.ts'
import { VFIO_CONTROLS } from '../../results/vfio_storm.ts'
import { CAPACITY } from '../../storm/drivers.ts'
import { HOLD_LOCKS } from '../../storm/holds.ts'
import { GROWTH_PLAN, MOST_DEVICES } from '../../storm/workloads/grow/plan.ts'
import { DEFAULT_PLAN as D } from '../../storm/workloads/mdev/plan.ts'
import type { CommandSpec } from '../command.ts'
import { detectors, duration, json, seed, trace, write } from '../common_flags.ts'
import { KNOWN_STRATEGIES, strategies } from '../strategy_flags.ts'
import { list, maybe, maybeList, namesOr, on, one, type Values } from '../flag.ts'
import { cost } from '../cost_kind.ts'
import { bytes, file, integer, oneOf, orFile, share, time } from '../kinds.ts'
import { directory, fault, hold, secondOrder, slow, word } from '../storm_kinds.ts'
import { SUMMARIES } from './index.ts'

const MOST = 1_000_000
const MOST_PARENTS = 256
const MOST_RUNS = 100
const FENCE_NAMES = FENCES.map(({ name }) => name)
const STRONG = FENCES.filter(({ strong }) => strong).map(({ name }) => name)
const WEAK = FENCE_NAMES.filter((name) => !STRONG.includes(name))

const MDEV = { goes: ['--workload mdev'], group: 'Create and remove mdevs (--workload mdev, the default):' }
/** What only the emulation can do. */
const EMULATED = { ...MDEV, not: ['--sysfs'] }
/** Rounds: a growth has none. */
const ROUNDS = { ...MDEV, not: ['--phase grow'] }
/** Rounds of the emulation. */
const STORM = { ...MDEV, not: ['--sysfs', '--phase grow'] }
/** A tree that somebody else serves. */
const REAL = { goes: ['--sysfs'], group: 'The same on a real tree of sysfs (--sysfs DIR):' }
const VFIO = { goes: ['--workload vfio'], group: 'Users of mdevs that go (--workload vfio):' }
const UNPLUG = {
  goes: ['--workload unplug'],
  group: 'Users of a device that is unplugged (--workload unplug):',
}
const FLEET = { goes: ['--workload mdev', '--workload vfio'], group: 'Options:' }
const ANY = { group: 'Options:' }
const NOT_MDEV = { goes: ['--workload vfio', '--workload unplug', '--workload FILE'], group: 'Options:' }

const flags = {
  vendor: maybeList(
    cost,
    '<cost,…>',
    'what create and remove cost: none, busy:20us, sleep:1ms, sleep:1ms:exp; default none,busy:20us,sleep:1ms',
    MDEV,
  ),
  vendorCreate: maybe(cost, '<cost>', 'cost of create alone', MDEV),
  vendorRemove: maybe(cost, '<cost>', 'cost of remove alone', MDEV),
  affinity: one(
    oneOf(['own', 'spread', 'random']),
    '<how>',
    D.affinity,
    'which CPU works on which parent: own, spread or random',
    ROUNDS,
  ),
  phase: one(
    oneOf(['create-remove', 'churn', 'grow']),
    '<how>',
    D.phase,
    'create-remove; churn: each device is removed at once; grow: what does one device more cost, by how many are there?',
    MDEV,
  ),
  rounds: maybe(
    integer(1, MOST),
    '<n>',
    `measured rounds; default ${D.rounds}, or fewer within --budget`,
    ROUNDS,
  ),
  warmup: maybe(
    integer(0, MOST),
    '<n>',
    'rounds before that are not measured; default: until they are steady',
    ROUNDS,
  ),
  stagger: maybe(
    time(1, '1h'),
    '<time>',
    'each CPU begins an operation in every so much time; default: all at once, one after the other',
    STORM,
  ),
  duplicates: one(share, '<rate>', '0', 'share of uuids that are created twice, 0 to 1', STORM),
  hotplug: one(share, '<rate>', '0', 'chance per operation that a parent is unplugged and plugged', STORM),
  secondOrder: list(
    secondOrder,
    '<which>',
    'on',
    `locks that are not mdev's own: ${secondOrder.accepts}`,
    STORM,
  ),
  hold: maybeList(
    hold,
    '<lock=time,…>',
    `checked build: hold locks longer, kernfs_rwsem=20us; any of ${HOLD_LOCKS.join(', ')}`,
    STORM,
  ),
  waits: on('a second pass, in the checked build: who made whom wait, for which lock, from where', STORM),
  folded: maybe(
    file(),
    '<file>',
    'write the waits there as folded stacks, for flame graphs; implies --waits',
    STORM,
  ),
  slow: maybeList(
    slow,
    '<name=share,…>',
    "control: make a strategy's operations take longer, srcu=25%, to see whether a comparison finds it",
    STORM,
  ),
  runs: maybe(
    integer(2, MOST_RUNS),
    '<n>',
    'the same so often, each run in a process of its own; lockstorm compare judges such results',
    { ...MDEV, not: ['--sysfs', '--phase grow', '--waits', '--folded', '--trace'] },
  ),
  baseline: maybe(
    orFile(oneOf(KNOWN_STRATEGIES)),
    '<name>',
    'strategy that the others are compared with; default global, or the first',
    EMULATED,
  ),
  driver: maybe(
    oneOf(['vgpu', 'mtty', 'synthetic']),
    '<name>',
    `vgpu, mtty, or synthetic, which has no hardware and holds up to ${CAPACITY.synthetic} devices; default vgpu, grow: synthetic`,
    EMULATED,
  ),
  budget: maybe(
    time(1, '24h'),
    '<time>',
    `time limit; a running round finishes; default ${D.budgetS}s, no limit with --rounds`,
    ROUNDS,
  ),
  trace: trace('one more round, in the checked build,', STORM),
  ...detectors(STORM),
  arena: maybe(bytes, '<size>', 'size of each arena', { ...STORM, hidden: true }),
  testFault: maybe(fault, '<fault>', 'make one CPU misbehave', { ...STORM, hidden: true }),
  sysfs: maybe(
    directory,
    '<dir>',
    'devices of a tree that somebody else serves, such as /sys of a host with mediated devices or a mount; --vendor says what its creates cost, for the floor',
    { ...ROUNDS, group: REAL.group },
  ),
  dryRun: on('say what would be done, and write nothing', { ...REAL, not: ['--real', '--clean'] }),
  real: on('do it: devices are made and removed there', { ...REAL, not: ['--dry-run', '--clean'] }),
  clean: on('remove what a run left there that was interrupted', { ...REAL, not: ['--dry-run', '--real'] }),
  type: maybe(word, '<name>', 'type of the devices; default: the one of which most fit', REAL),
  on: maybeList(word, '<a,b>', 'names of the parents; default: those that offer the type', REAL),
  control: one(
    oneOf(VFIO_CONTROLS),
    '<name>',
    'none',
    `${VFIO_CONTROLS.join(', ')}: a negative control other than none must fail`,
    VFIO,
  ),
  fence: list(
    namesOr(FENCE_NAMES, STRONG),
    '<a,b|all>',
    'all',
    `any of ${STRONG.join(', ')} (all of them: all), ${WEAK.join(' and ')} (negative controls: they must fail, and the exit code is 1)`,
    UNPLUG,
  ),
  sleepers: one(
    integer(0, NR_CPUS - 3),
    '<n>',
    '16',
    'CPUs that sleep in the device in the last quarter',
    UNPLUG,
  ),
  patience: duration('500ms', 'how long a sleeper sleeps where nothing wakes it', UNPLUG),
  write: write('docs/fences.md', UNPLUG),
  workload: one(
    orFile(oneOf(['mdev', 'vfio', 'unplug'])),
    '<name>',
    'mdev',
    'mdev, vfio or unplug, or a file of yours that brings one',
    ANY,
  ),
  strategies: strategies('strategies to run, default all (vfio: modern)', { ...FLEET, not: ['--sysfs'] }),
  cpus: maybeList(
    integer(1, NR_CPUS),
    '<n,…>',
    'CPUs, which are worker threads; default 8 (vfio: 6); several make a sweep (mdev)',
    ANY,
  ),
  parents: maybe(
    integer(1, MOST_PARENTS),
    '<n>',
    `parents, which are GPUs; default ${D.parents} (vfio: 4)`,
    FLEET,
  ),
  devices: maybe(
    integer(1, MOST_DEVICES),
    '<n>',
    `mdev: devices per parent, default ${D.devices} (grow: ${GROWTH_PLAN.devices}), at most ${CAPACITY.vgpu} (vgpu), ${CAPACITY.mtty} (mtty), ` +
      `or ${MOST_DEVICES} in all (synthetic); vfio: devices in all, default 16`,
    FLEET,
  ),
  duration: duration(
    '4s',
    'vfio: time of the storm; unplug, a file: the same per fence or contender',
    NOT_MDEV,
  ),
  seed: { ...seed, ...ANY },
  json: { ...json, ...ANY },
}

/** What the flags of a storm come to. */
export type StormFlags = Values<typeof flags>

export const spec: CommandSpec = {
  name: 'storm',
  summary: SUMMARIES.storm,
  flags,
  exits:
    '0 nothing found, 1 a broken invariant or a report of lockdep, 2 bad usage, 3 the run itself broke, 130 interrupted with nothing found.',
  examples: [
    ['lockstorm storm', 'all strategies, three vendor costs, under a minute'],
    ['lockstorm storm --strategies global,placeholder,srcu --vendor sleep:1ms --cpus 1,2,4,8', ''],
    ['lockstorm storm --duplicates 0.2 --vendor none --json duplicates.json', ''],
    ['lockstorm storm --hotplug 0.05 --vendor sleep:200us:exp --affinity spread', ''],
    ['lockstorm storm --phase churn --second-order off --rounds 100', ''],
    ['lockstorm storm --strategies all --lockdep --lock-stat --warmup 5 --rounds 5 --vendor none', ''],
    [
      'lockstorm storm --vendor none --hold kernfs_rwsem=20us,uevent_sock_mutex=0us',
      'what if kernfs_rwsem were held longer? Compare with =0us',
    ],
    [
      'lockstorm storm --strategies global,placeholder --vendor sleep:1ms --rounds 5 --trace t.json',
      'who waits for whom, moment by moment',
    ],
    ['lockstorm storm --strategies global,placeholder --waits --folded waits.txt', 'who made whom wait'],
    ['lockstorm storm --phase grow --devices 12500', '100,000 devices in all: what does one more cost?'],
    ['lockstorm storm --runs 6 --json runs.json', 'for lockstorm compare'],
    ['lockstorm storm --workload unplug --fence all,flag --duration 60s --cpus 8 --sleepers 100', ''],
    ['lockstorm storm --workload vfio --duration 60s', ''],
    ['lockstorm storm --sysfs /sys --dry-run', 'what would a storm do on this host? See docs/real-kernel.md'],
    ['lockstorm storm --sysfs /sys --real --vendor sleep:1ms --cpus 1,4,8 --json host.json', ''],
    [
      'lockstorm storm --strategies ./my-strategy.js,global',
      'one of yours beside one of ours; see examples/',
    ],
    ['lockstorm storm --workload ./my-workload.js --cpus 4 --duration 2s', 'operations of yours'],
    [
      'lockstorm storm --strategies busted-namespace --parents 1 --cpus 2 --duplicates 1 --vendor none --rounds 1000',
      'negative control: wrong on purpose, caught in some of the rounds',
    ],
    [
      'lockstorm storm --strategies busted-gate --cpus 4 --hotplug 0.2 --affinity spread --vendor sleep:100us --rounds 200',
      'another',
    ],
  ],
  runs: ['storm_command', 'storm'],
}
