/**
 * Models of managed resources: each is given back once, by whomever.
 */
import { fetch_add, READ_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { device_initialize } from '../kernel/device/device.ts'
import { device } from '../kernel/device/device_struct.ts'
import {
  devm_add_action,
  devm_release_action,
  devm_remove_action,
  devres_actions,
  devres_release_all,
  live_devres,
} from '../kernel/device/devres.ts'
import { alloc_boot } from '../mem/arena.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'
import { bootChardevs } from './boot.ts'

type Body = (s: Managed) => void

interface Managed extends Record<string, number> {
  readonly dev: number
  /** Words counted up by an action each. Atomic. */
  readonly undone: number
}

const undo = devres_actions.define('explored_undo', (_dev, at) => {
  fetch_add(at, 1)
})

/** A device with one resource. */
function withOne(scene: Scene): Managed {
  bootChardevs()
  const dev = scene.name(alloc_boot(device.words), 'dev', device)
  device_initialize(as(dev))
  const s = { dev, undone: scene.name(alloc_boot(2), 'undone', 2) }
  check(devm_add_action(as(dev), undo, s.undone) === 0, 'devm_add_action')
  return s
}
function add({ dev, undone }: Managed): void {
  check(devm_add_action(as(dev), undo, undone + 1) === 0, 'devm_add_action')
}
const releaseAll: Body = ({ dev }) => devres_release_all(as(dev))
const releaseOne: Body = ({ dev, undone }) => devm_release_action(as(dev), undo, undone)
/** Forgets the action, and does by itself what it would have done. */
function takeBack({ dev, undone }: Managed): void {
  if (devm_remove_action(as(dev), undo, undone) === 0) fetch_add(undone, 1)
}
function undoneOnce({ undone }: Managed): void {
  check(READ_ONCE(undone) === 1, `the resource was given back ${READ_ONCE(undone)} times`)
  check(READ_ONCE(undone + 1) + live_devres() <= 1, 'a resource was given back and is there')
}

/** data_race reads are not reordered by DPOR: bounded. */
const common = { bound: 5, maxSteps: 3000, arenaWords: 1 << 18, fold: ['mem', 'sync'] } as const
const managed = family<Managed>({ setup: withOne, finish: undoneOnce, ...common }, 'devres-')

/** Models of managed resources. */
export const manageds: readonly Model[] = [
  managed('add', 'a resource is added ‖ all are given back', [add, releaseAll]),
  managed('release', 'one resource is given back ‖ all are', [releaseOne, releaseAll]),
  managed('remove', 'one resource is taken back ‖ all are given back', [takeBack, releaseAll]),
  managed('release-3', 'one is taken back ‖ given back ‖ all are', [takeBack, releaseOne, releaseAll], {
    bound: 4,
  }),
]
