/**
 * The layers of one create and remove, each alone: what the pair of calls costs that the layer contributes. Their sum
 * is compared with the whole, and what is left over is named.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../src/base/index.ts'
import { parent_device, VGPU_OPS } from '../../src/drivers/index.ts'
import {
  device_add,
  device_del,
  kobject_uevent,
  KOBJ_ADD,
  KOBJ_REMOVE,
  put_device,
  device,
} from '../../src/kernel/index.ts'
import { current, kmem_cache_free, list_next, rootAddr, task_struct } from '../../src/mem/index.ts'
import { mdev_init_device } from '../../src/mdev/device.ts'
import { mdev_create_sysfs_files, mdev_remove_sysfs_files } from '../../src/mdev/sysfs.ts'
import {
  mdev_device,
  mdev_globals,
  mdev_parent,
  mdev_type,
  parse_create,
  strategyNamed,
  vendors,
  type Strategy,
} from '../../src/mdev/index.ts'
import type { Contender, Section } from '../contender.ts'
import { bootOne, createPath, removePath, UUID, writeTo } from '../mdev_pair.ts'

const STRATEGY = 'rwsem'

interface Bench {
  readonly strategy: Strategy
  readonly parent: Addr<'mdev_parent'>
  readonly type: Addr<'mdev_type'>
  readonly uuid: number
}

function setUp(): Bench {
  const globals = read(rootAddr('mdev'))
  const head = mdev_globals.at.parent_list(as(globals))
  const parent = mdev_parent.of.next(list_next(head))
  const type = mdev_type.of.next(list_next(mdev_parent.at.type_list(parent)))
  const uuid = current() + task_struct.offset.stack
  parse_create(UUID, uuid)
  if (parent_device(0) === 0) throw new Error('no parent')
  return { strategy: strategyNamed(STRATEGY) as Strategy, parent, type, uuid }
}

/** Claims a device and makes it one, as create does before its sequence runs. */
function claim({ strategy, parent, type, uuid }: Bench): Addr<'mdev_device'> {
  const mdev = as<'mdev_device'>(strategy.namespace.claim(parent, uuid))
  mdev_init_device(mdev, parent, type, strategy.sequence)
  return mdev
}

const layers: Readonly<Record<string, (bench: Bench) => Section>> = {
  'path lookup and file (a write that is refused, twice)'() {
    const create = createPath(0)
    const remove = removePath(UUID)
    writeTo(create, UUID)
    return { enter: () => void writeTo(create, 'x'), leave: () => void writeTo(remove, '0') }
  },
  'namespace (claim, settle, find, release)'({ strategy, parent, uuid }) {
    const { namespace } = strategy
    const cache = as<'kmem_cache'>(read(read(rootAddr('mdev')) + mdev_globals.offset.device_cache))
    write(read(rootAddr('mdev')) + mdev_globals.offset.pin, 0)
    let mdev = as<'mdev_device'>(0)
    return {
      enter() {
        mdev = as(namespace.claim(parent, uuid))
        namespace.settle(mdev)
      },
      leave() {
        namespace.find(mdev)
        namespace.release(mdev)
        kmem_cache_free(cache, mdev_device, mdev)
      },
    }
  },
  'gate (enter and exit, twice)'({ strategy, parent }) {
    const pass = (): void => strategy.gate.exit(parent, strategy.gate.try_enter(parent))
    return { enter: pass, leave: pass }
  },
  'vendor (create and remove, no cost declared)'(bench) {
    const vendor = vendors.get(VGPU_OPS)
    const data = read(read(bench.parent + mdev_parent.offset.ops) + 1)
    const mdev = claim(bench)
    return { enter: () => void vendor.create(mdev, data, 0), leave: () => void vendor.remove(mdev, data, 0) }
  },
  'links and remove file'(bench) {
    const mdev = claim(bench)
    device_add(mdev_device.at.dev(mdev))
    return { enter: () => void mdev_create_sysfs_files(mdev), leave: () => mdev_remove_sysfs_files(mdev) }
  },
  'uevents (add and remove)'(bench) {
    const mdev = claim(bench)
    device_add(mdev_device.at.dev(mdev))
    const kobj = device.at.kobj(mdev_device.at.dev(mdev))
    return {
      enter: () => void kobject_uevent(kobj, KOBJ_ADD),
      leave: () => void kobject_uevent(kobj, KOBJ_REMOVE),
    }
  },
  'driver core (claim, initialise, add, del, put; uevents included)'(bench) {
    let mdev = as<'mdev_device'>(0)
    return {
      enter() {
        mdev = claim(bench)
        device_add(mdev_device.at.dev(mdev))
      },
      leave() {
        device_del(mdev_device.at.dev(mdev))
        put_device(mdev_device.at.dev(mdev))
      },
    }
  },
}

/** Names of the layers, in the order of the table. */
export const LAYERS: readonly string[] = Object.keys(layers)

export const contender: Contender = {
  name: 'layers',
  unavailable: () => Promise.resolve(''),
  bind(view, _cpu, variant) {
    bootOne(view, STRATEGY)
    const make = layers[variant]
    if (make === undefined) throw new Error(`no layer is called '${variant}'`)
    return Promise.resolve(make(setUp()))
  },
}
