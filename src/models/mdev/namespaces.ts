/**
 * Models of the namespaces alone: a uuid has one device at a time, wherever it is asked for. A device here is memory, its
 * place in the namespace and in its parent's list of children: the rest of the driver core is left out.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { EEXIST } from '../../base/errno.ts'
import { put_device } from '../../kernel/device/device.ts'
import { device } from '../../kernel/device/device_struct.ts'
import { klist_add_tail, klist_del } from '../../kernel/device/klist.ts'
import { mdev_init_device } from '../../mdev/device.ts'
import { BUSTED, STRATEGIES, type Strategy } from '../../mdev/strategies.ts'
import { mdev_device, mdev_parent, mdev_type } from '../../mdev/types.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { check, defineModel, type Model } from '../../define/model.ts'
import { bootWorld, mdev_free, typeOf, WORLD_STEPS, WORLD_WORDS, type World } from './world.ts'

/** `owned` is counted up by who has the uuid: a plain word, so that two owners at once are a data race. */
interface Uuid extends World {
  readonly uuid: number
  readonly owned: number
}

type Body = (s: Uuid) => void

const dev_of = mdev_device.at.dev
const PARENT = mdev_type.offset.parent
const DEV = mdev_parent.offset.dev

function children(parent: number): Addr<'klist'> {
  return device.at.klist_children(as(read(parent + DEV)))
}

/** Whether the namespace asks the parent's list of children, so that a device must be in it. */
function asksChildren({ namespace }: Strategy): boolean {
  return !namespace.seesAllParents
}

/** What create does around the namespace. Returns the device or -EEXIST. */
function claim(strategy: Strategy, type: number, uuid: number): number {
  const { namespace, sequence } = strategy
  const parent = as<'mdev_parent'>(read(type + PARENT))
  const mdev = as<'mdev_device'>(namespace.claim(parent, uuid))
  if (mdev < 0) return mdev
  if (asksChildren(strategy)) {
    mdev_init_device(mdev, parent, as(type), sequence)
    klist_add_tail(device.at.knode_parent(dev_of(mdev)), children(parent))
  }
  namespace.settle(mdev)
  return mdev
}

/** What remove does around it. Returns 0, -ENODEV or -EAGAIN. */
function give(strategy: Strategy, type: number, mdev: Addr<'mdev_device'>): number {
  const { namespace } = strategy
  const ret = namespace.find(mdev)
  if (ret !== 0) return ret
  namespace.commit(mdev)
  if (asksChildren(strategy)) {
    klist_del(device.at.knode_parent(dev_of(mdev)))
    put_device(dev_of(mdev))
  } else {
    namespace.release(mdev)
    mdev_free(mdev)
  }
  namespace.retire(as(read(type + PARENT)))
  return 0
}

/** Asks for the uuid on a parent so many times; who gets it counts. */
function claimer(strategy: Strategy, parent: number, rounds = 1): Body {
  return function create({ types, uuid, owned }) {
    for (let round = 0; round < rounds; round++) {
      const mdev = claim(strategy, typeOf(types, parent), uuid)
      check(mdev > 0 || mdev === -EEXIST, `claim returned ${mdev}`)
      if (mdev > 0) write(owned, read(owned) + 1)
    }
  }
}

/** Counts as the owner of the device that set-up made, then gives it back. */
function giver(strategy: Strategy): Body {
  return function remove({ types, mdev, owned }) {
    write(owned, read(owned) + 1)
    check(give(strategy, typeOf(types, 0), as(mdev as number)) === 0, 'the device was not found')
  }
}

/** Removes the device that set-up made. Just one CPU may. Nothing gives the memory back: the core's pin holds it. */
function remover({ namespace }: Strategy): Body {
  return function remove({ mdev, owned }) {
    if (namespace.find(as(mdev as number)) !== 0) return
    namespace.commit(as(mdev as number))
    write(owned, read(owned) + 1)
    namespace.retire(as(read((mdev as number) + mdev_device.offset.parent)))
  }
}

interface Extra {
  readonly expect?: Model['expect']
  /** Set-up makes a device of the uuid. */
  readonly device?: boolean
  /** How often it can have an owner. */
  readonly owners: readonly number[]
}

function namespaceModel(
  strategy: Strategy,
  name: string,
  what: string,
  cpus: readonly Body[],
  extra: Extra,
): Model {
  const { name: namespace } = strategy.namespace
  return defineModel<Uuid>({
    name: `${name}:${namespace}`,
    summary: `${what} (${namespace})`,
    setup(scene) {
      const world = bootWorld(scene, strategy.name, cpus.length)
      const uuid = scene.name(alloc_boot(4), 'uuid', 4)
      write(uuid, 1)
      const owned = scene.name(alloc_boot(1), 'owned')
      if (extra.device !== true) return { ...world, uuid, owned }
      return { ...world, uuid, owned, mdev: claim(strategy, typeOf(world.types, 0), uuid) }
    },
    cpus,
    finish: ({ owned }) => check(extra.owners.includes(read(owned)), `the uuid had ${read(owned)} owners`),
    ...(extra.expect !== undefined && { expect: extra.expect }),
    maxSteps: WORLD_STEPS,
    arenaWords: WORLD_WORDS,
  })
}

/** The first strategy of each namespace stands for it. */
const ROWS = [...STRATEGIES, ...BUSTED].filter(
  ({ namespace }, at, all) => all.findIndex((other) => other.namespace === namespace) === at,
)

function modelsOf(strategy: Strategy): Model[] {
  const expect = strategy.namespace.locksList ? {} : { expect: 'data race' as const }
  const across = asksChildren(strategy) ? { expect: 'data race' as const } : expect
  const on = (parent: number, rounds = 1): Body => claimer(strategy, parent, rounds)
  const model = (name: string, what: string, cpus: readonly Body[], extra: Extra): Model =>
    namespaceModel(strategy, name, what, cpus, extra)
  return [
    model('uuid', 'one uuid, 2 rounds on two parents', [on(0, 2), on(1, 2)], { owners: [1], ...across }),
    model('uuid-one-parent', 'one uuid, 2 rounds on one parent', [on(0, 2), on(0, 2)], {
      owners: [1],
      ...expect,
    }),
    model('uuid-3', 'one uuid, three creators on two parents', [on(0), on(1), on(0)], {
      owners: [1],
      ...across,
    }),
    model('uuid-again', 'a uuid is created while its device is removed', [on(0), giver(strategy)], {
      owners: [1, 2],
      device: true,
      ...expect,
    }),
    model('removers', 'a device is removed twice', [remover(strategy), remover(strategy)], {
      owners: [1],
      device: true,
      ...expect,
    }),
  ]
}

/** Models of every namespace. */
export const namespaces: readonly Model[] = ROWS.flatMap(modelsOf)
