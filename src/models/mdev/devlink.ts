/**
 * remove ‖ devlink mode-set, the hang of the mail of November 2019: a subfunction is removed while its card goes to legacy mode.
 * The mode change comes when the removal has begun: before that it would find the device, and wait for its own devlink_mutex.
 */
import { cpu_relax, data_race, write } from '#access'
import { as } from '../../base/addr.ts'
import {
  devlink_globals,
  devlink_root,
  ESWITCH_LEGACY,
  MLX5_SF_PARENTS,
  MLX5_IN_HALVES,
  mlx5_mode_set,
  mlx5_sf_driver_load,
  mlx5_unregisters,
} from '../../drivers/index.ts'
import { get_device } from '../../kernel/device/device.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { vfs_write } from '../../kernel/file.ts'
import { sysfs_write } from '../../kernel/path_io.ts'
import { SEAMS } from '../../mdev/strategies.ts'
import { mdev_device } from '../../mdev/types.ts'
import { check, defineModel, type Model } from '../../define/model.ts'
import {
  bootCore,
  deviceOf,
  devices,
  must,
  open,
  removePath,
  UUID,
  WORLD_STEPS,
  WORLD_WORDS,
} from './world.ts'

interface Card extends Record<string, number> {
  /** The open file `remove` of the subfunction. */
  readonly remove: number
  readonly dev: number
}

const CREATE = '/sys/class/mdev_bus/0000:06:00.0/mdev_supported_types/mlx5_core-local/create'
const PER_INSTANCE = devlink_globals.offset.per_instance
const DEAD = device.offset.dead

/** What devlink or the driver does otherwise: a lock per instance, as devlink has since; two halves, which the driver declares. */
type Way = 'today' | 'instance' | 'halves'
const WORDS: Record<Way, string> = {
  today: '',
  instance: ', a lock per instance',
  halves: ', unregistering in two halves',
}

/** A card with a bound subfunction. */
function boot(strategy: string, way: Way): Card {
  bootCore(strategy, MLX5_SF_PARENTS, 1)
  if (way === 'instance') write(devlink_root() + PER_INSTANCE, 1)
  if (way === 'halves') mlx5_unregisters(0, MLX5_IN_HALVES)
  must('create', sysfs_write(CREATE, UUID))
  must('mlx5_sf_driver_load', mlx5_sf_driver_load())
  const dev = mdev_device.at.dev(as(deviceOf()))
  get_device(dev) // so that the mode change can look whether it is dead
  return { remove: open(removePath()), dev }
}

function remove_subfunction({ remove }: Card): void {
  const ret = vfs_write(as(remove), '1')
  check(ret === 1, `remove returned ${ret}`)
}

function change_mode({ dev }: Card): void {
  while (data_race(dev + DEAD) === 0) cpu_relax()
  const ret = mlx5_mode_set(0, ESWITCH_LEGACY)
  check(ret === 0, `the mode change returned ${ret}`)
}

function hang(strategy: string, way: Way, more: Partial<Model<Card>>): Model {
  return defineModel<Card>({
    name: `remove-mode-set${way === 'today' ? '' : `-${way}`}:${strategy}`,
    summary: `a subfunction is removed while its card changes its mode${WORDS[way]} (${strategy})`,
    setup: () => boot(strategy, way),
    cpus: [remove_subfunction, change_mode],
    // The reference of set-up is left.
    finish: () => check(devices() === 1, `${devices()} devices`),
    maxSteps: WORLD_STEPS,
    arenaWords: WORLD_WORDS,
    fold: ['mem', 'sync', 'kernel'],
    ...more,
  })
}

const GATED = SEAMS.filter(({ gate }) => gate.guarded)
const NAMES = GATED.map(({ name }) => name)
const SPLIT = GATED.filter(({ gate }) => gate.close !== undefined).map(({ name }) => name)

/** The hang under every strategy with a gate, whatever the gate is made of; and what removes it. */
export const devlinkModels: readonly Model[] = [
  ...NAMES.map((name) => hang(name, 'today', { expect: 'deadlock' })),
  ...NAMES.map((name) => hang(name, 'instance', {})),
  ...SPLIT.map((name) => hang(name, 'halves', {})),
]
