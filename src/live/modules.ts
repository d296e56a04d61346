/**
 * Every driver of the project as a module: what `insmod` and `rmmod` name.
 *
 * Parameter   a module has one at most, `key=value`: how many parents its mdev driver has, or which variant of a driver is loaded.
 * Context     load and unload: a CPU of the machine; may sleep. A module without exit stays, as in Linux: -EBUSY.
 */
import { read, READ_ONCE } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EBUSY, EEXIST, EINVAL, ENOENT } from '../base/errno.ts'
import { hashName } from '../base/ops.ts'
import { MBOCHS_UNLOCKED_PARENTS } from '../drivers/mbochs/mbochs.ts'
import { MLX5_SF_PARENTS } from '../drivers/mlx5_sf/mlx5_sf.ts'
import { MTTY_UNLIMITED_PARENTS } from '../drivers/mtty/mtty.ts'
import { parents_exit, parents_init } from '../drivers/parents.ts'
import { platform_device_create, platform_init } from '../drivers/platform/platform.ts'
import { SAMPLES } from '../drivers/samples.ts'
import { switchtec_exit, switchtec_init, WIRINGS, wirings } from '../drivers/switchtec/index.ts'
import { tpm_exit, tpm_init } from '../drivers/tpm/index.ts'
import { VFIO_AP_PARENTS } from '../drivers/vfio_ap/vfio_ap.ts'
import { VGPU_PARENTS } from '../drivers/vgpu/vgpu.ts'
import { fenceNamed, FENCES } from '../fences/list.ts'
import { fences_exit, fences_init } from '../fences/init.ts'
import { kern_path, kernfs_node, kernfs_put } from '../kernel/index.ts'
import { delete_module, module_load, module_param } from '../kernel/module.ts'
import { MODULE_LIVE, module_ops, module_struct, type ModuleOps } from '../kernel/module_struct.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { iommu_group_alloc } from '../vfio/iommu_group.ts'
import { VFIO_VENDOR_DRIVER } from '../vfio/vfio_mdev.ts'

/** A driver that can be loaded. */
export interface LiveModule {
  readonly name: string
  readonly summary: string
  /** What stands before `=`, and what may stand behind it; none: it has no parameter. */
  readonly key?: string
  readonly values?: readonly string[]
  /** Value of the parameter as the word that its init finds; undefined for one that it does not know. */
  readonly param?: (value: string) => number | undefined
  /** Id of module_ops. */
  readonly ops: number
  readonly stays?: true
}

const MOST_PARENTS = 64
const PLATFORM_DEVICES = 4
const PER_GROUP = 2

function parentsOf(value: string): number | undefined {
  const count = /^\d+$/.test(value) ? Number(value) : 0
  return count >= 1 && count <= MOST_PARENTS ? count : undefined
}

const PARENTS = { key: 'parents', values: [`1 to ${MOST_PARENTS}`], param: parentsOf }

function variant(key: string, values: readonly string[]): Pick<LiveModule, 'key' | 'values' | 'param'> {
  return { key, values, param: (value) => (values.includes(value) ? hashName(value) : undefined) }
}

/** A driver of mdev parents that are of one kind. */
function vendor(name: string, summary: string, kind: number, count: number, driver?: number): LiveModule {
  const ops: ModuleOps = {
    init: (mod) => parents_init(kind, module_param(mod) || count, driver, mod),
    exit: (mod) => parents_exit(mod),
  }
  return { name, summary, ...PARENTS, ops: module_ops.define(`${name} live`, ops) }
}

/** Devices of a bus in IOMMU groups of two. */
function platform(): number {
  const error = platform_init()
  if (error !== 0) return error
  for (let index = 0; index < PLATFORM_DEVICES; index += PER_GROUP) {
    const group = iommu_group_alloc()
    if (group < 0) return group
    for (let i = 0; i < PER_GROUP; i++) {
      const dev = platform_device_create(index + i, as(group))
      if (dev < 0) return dev
    }
  }
  return 0
}

const switchtec = module_ops.define('switchtec live', {
  init: (mod) => switchtec_init(wirings.get(module_param(mod) || hashName('v6')), undefined, mod),
  exit: switchtec_exit,
})
const tpm = module_ops.define('tpm live', { init: (mod) => tpm_init(mod), exit: tpm_exit })
const gadget = module_ops.define('gadget live', {
  init(mod) {
    const fence = FENCES.find(({ name }) => hashName(name) === module_param(mod)) ?? fenceNamed('srcu')
    return fence === undefined ? -EINVAL : fences_init(fence, 0, mod)
  },
  exit: fences_exit,
})

/** All of them, in the order of the help. */
export const LIVE_MODULES: readonly LiveModule[] = [
  vendor('vgpu', 'GPUs of 16 units in five types', VGPU_PARENTS, 8, VFIO_VENDOR_DRIVER),
  { name: 'mtty', summary: 'serial cards of 24 ports', ...PARENTS, ops: SAMPLES.mtty },
  { name: 'mdpy', summary: 'displays that count without a lock', ...PARENTS, ops: SAMPLES.mdpy },
  { name: 'mbochs', summary: 'displays with video memory', ...PARENTS, ops: SAMPLES.mbochs },
  vendor('mtty-5.13', 'mtty as it was: its limit is shown and not kept', MTTY_UNLIMITED_PARENTS, 1),
  vendor('mbochs-5.14', 'mbochs as it was: it counts without atomics', MBOCHS_UNLOCKED_PARENTS, 1),
  vendor('vfio_ap', 'crypto adapters: one parent, matrix', VFIO_AP_PARENTS, 1),
  vendor('mlx5_core', 'a network card with subfunctions and devlink', MLX5_SF_PARENTS, 1),
  { name: 'tpm', summary: 'chips with a strong fence: /dev/tpm0', ops: tpm },
  {
    name: 'switchtec',
    summary: 'PCI switches: /dev/switchtec0',
    ...variant(
      'wiring',
      WIRINGS.map(({ name }) => name),
    ),
    ops: switchtec,
  },
  {
    name: 'gadget',
    summary: 'cards behind a fence of your choice: /dev/gadget0',
    ...variant(
      'fence',
      FENCES.map(({ name }) => name),
    ),
    ops: gadget,
  },
  {
    name: 'platform',
    summary: 'a bus with shared IOMMU groups; bind its devices by hand',
    ops: module_ops.define('platform live', { init: platform }),
    stays: true,
  },
]

const NAMES = new Map(LIVE_MODULES.map((one) => [one, static_name(one.name)]))

/** The module of a name; undefined if there is none. */
export function liveModule(name: string): LiveModule | undefined {
  return LIVE_MODULES.find((one) => one.name === name)
}

/** The loaded module of that name, NULL if none is. */
function loaded(name: string): Addr<'module'> {
  const kn = kern_path(`/sys/module/${name}`, true)
  if (kn < 0) return as(0)
  const mod = read(kn + kernfs_node.offset.priv)
  kernfs_put(as(kn))
  return as(mod)
}

/**
 * Loads a driver.
 * @param param word of its parameter, 0 for the default
 * @returns 0, -ENOENT for a name that is none, -EEXIST if it is loaded, or what its init answers
 */
export function load_module(name: string, param = 0): number {
  const found = liveModule(name)
  if (found === undefined) return -ENOENT
  if (loaded(name) !== 0) return -EEXIST
  return Math.min(module_load(qstr_of(NAMES.get(found) as number), found.ops, param), 0)
}

/** Unloads a driver. Returns 0, -ENOENT if it is not loaded, -EBUSY if it has no exit, -EAGAIN while it is in use. */
export function unload_module(name: string): number {
  const mod = loaded(name)
  if (mod === 0 || READ_ONCE(mod + module_struct.offset.state) !== MODULE_LIVE) return -ENOENT
  return liveModule(name)?.stays === true ? -EBUSY : delete_module(mod)
}
