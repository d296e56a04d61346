/**
 * The machine that the models of the mdev core start from: booted, two parents plugged, the slab caches of every CPU filled,
 * the files open that the bodies write to. Nothing of it is explored.
 *
 * Bodies write to open files, as a shell does after its open: the store runs with an active reference, and the lookup of the
 * path, which is of no interest, has been done.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { cost_init } from '../../drivers/cost.ts'
import { parent_device } from '../../drivers/index.ts'
import { parents_init } from '../../drivers/parents.ts'
import { O_WRONLY, vfs_open, vfs_write } from '../../kernel/file.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { kernfs_node, kernfs_put } from '../../kernel/kernfs/node.ts'
import { kern_path } from '../../kernel/path.ts'
import { sysfs_write } from '../../kernel/path_io.ts'
import { mdev_init } from '../../mdev/init.ts'
import { to_mdev_device } from '../../mdev/identity.ts'
import { strategyNamed } from '../../mdev/strategies.ts'
import { mdev_device, mdev_globals, mdev_type } from '../../mdev/types.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { kmem_cache_active, kmem_cache_free } from '../../mem/slab.ts'
import { check, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { TINY_PARENTS } from './vendor.ts'

/** Words of an arena for such a machine. */
export const WORLD_WORDS: number = 1 << 18
/** Schedule points of its longest execution, roundly. */
export const WORLD_STEPS = 3000

/** The uuid that the bodies fight for, and one to warm up with. */
export const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'
const WARM_UP = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1002'

/** What set-up leaves to the bodies. */
export interface World extends Record<string, number> {
  /** The file `create` of the first parent, opened once per CPU. */
  readonly create: number
  readonly create_too: number
  /** `create` of the second parent. */
  readonly create_other: number
  /** Two words: the one type of each parent. */
  readonly types: number
  /** One word per CPU: what its call returned. */
  readonly answers: number
}

const ROOT = rootAddr('mdev')
const PARENT = mdev_device.offset.parent
const CREATE = '/sys/class/mdev_bus/tiny%/mdev_supported_types/tiny-1/create'

/** Fails the set-up if the result is an errno. */
export function must(what: string, result: number): number {
  check(result >= 0, `${what}: ${result}`)
  return result
}

/** Path of a parent's `create`. */
export function createPath(parent: number): string {
  return CREATE.replace('%', String(parent))
}

/** Path of a device's `remove`. */
export function removePath(uuid: string = UUID): string {
  return `/sys/bus/mdev/devices/${uuid}/remove`
}

/** Opens a file for writing. */
export function open(path: string): number {
  const kn = must(path, kern_path(path, true))
  const of = must(path, vfs_open(as(kn), O_WRONLY))
  kernfs_put(as(kn))
  return of
}

/** Notes in the CPU's word what writing to the open file returned. */
export function echo({ answers }: World, cpu: number, file: number, text: string): void {
  write(answers + cpu, vfs_write(as(file), text))
}

/** The device of the uuid. Its file is open, so it is there. */
export function deviceOf(uuid: string = UUID): number {
  const kn = must(uuid, kern_path(`/sys/bus/mdev/devices/${uuid}`, true))
  const dev = read(kn + kernfs_node.offset.priv)
  kernfs_put(as(kn))
  return to_mdev_device(as(dev))
}

/** Parent of a device. */
export function parentOf(mdev: number): number {
  return read(mdev + PARENT)
}

function device_cache(): Addr<'kmem_cache'> {
  return as(read(read(ROOT) + mdev_globals.offset.device_cache))
}

/** Devices in memory. */
export function devices(): number {
  return kmem_cache_active(device_cache())
}

/** Gives the memory of a device back that was never initialised. */
export function mdev_free(mdev: number): void {
  kmem_cache_free(device_cache(), mdev_device, mdev)
}

/** Parents in memory. */
export function parents(): number {
  return kmem_cache_active(as(read(read(ROOT) + mdev_globals.offset.parent_cache)))
}

/** Type of a parent, by the word that World.types is the address of. */
export function typeOf(types: number, parent: number): number {
  return read(types + parent)
}

/** The one type of a plugged parent. */
function findType(parent: number): number {
  const kn = must('create', kern_path(createPath(parent), true))
  const kobj = read(kn + kernfs_node.offset.priv)
  kernfs_put(as(kn))
  return mdev_type.of.kobj(as(kobj))
}

/** Boots a kernel and the mdev core with a strategy, and plugs parents of a kind. */
export function bootCore(name: string, kind: number, parents: number): void {
  const strategy = strategyNamed(name)
  check(strategy !== undefined, `no strategy ${name}`)
  bootKernel()
  check(cost_init(1), 'no memory')
  must('mdev_init', mdev_init(strategy))
  must('parents_init', parents_init(kind, parents))
}

/** Boots it with a strategy. */
export function bootWorld(scene: Scene, name: string, cpus = 2): World {
  bootCore(name, TINY_PARENTS, 2)
  for (let cpu = 0; cpu < cpus; cpu++) scene.onCpu(cpu, warmUp)
  for (const i of [0, 1]) scene.name(parent_device(i), `tiny${i}`, device)
  const types = alloc_boot(2)
  for (const i of [0, 1]) write(types + i, findType(i))
  return {
    types,
    create: open(createPath(0)),
    create_too: open(createPath(0)),
    create_other: open(createPath(1)),
    answers: scene.name(alloc_boot(cpus), 'answers', cpus),
  }
}

/** Fills the CPU's magazines. */
function warmUp(): void {
  must('create', sysfs_write(createPath(0), WARM_UP))
  must('remove', sysfs_write(removePath(WARM_UP), '1'))
}
