/**
 * The races of a parent that goes: with a create, and with a remove.
 */
import { read } from '#access'
import { as } from '../../base/addr.ts'
import { EAGAIN, ENODEV } from '../../base/errno.ts'
import { parent_device, parent_unplug } from '../../drivers/index.ts'
import { mdev_device_remove } from '../../mdev/core.ts'
import { mdev_pin, mdev_unpin } from '../../mdev/pin.ts'
import { mdev_unregister_device } from '../../mdev/unregister.ts'
import type { Strategy } from '../../mdev/strategies.ts'
import type { OutcomeName } from '../../define/outcome.ts'
import { check } from '../../define/model.ts'
import { quiet } from '../core/world.ts'
import { withDevice, type Expectation, type Race } from './race.ts'
import { deviceOf, devices, echo, parentOf, parents, UUID, type World } from './world.ts'

/** The parent is gone, and nothing of it is left. Without a gate only a device that is left counts. */
function nothingLeft(guarded: boolean): void {
  check(devices() === 0, 'a device is left whose parent is gone')
  if (!guarded) return
  quiet()
  check(parents() === 1, 'the parent was not freed')
}

/** What strategies without a gate show, and the one whose gate waits for nobody. */
function ungated({ gate }: Strategy, expect: OutcomeName): Expectation | undefined {
  if (gate.drains) return undefined
  return { expect: gate.guarded ? 'use after free' : expect }
}

/** The forced removal waits for the lock of the namespace, which the remover holds. */
function waitsForLock({ gate, namespace }: Strategy): boolean {
  return !gate.guarded && namespace.serialises === 'everything'
}

function unregister(): void {
  mdev_unregister_device(parent_device(0))
}

const createUnregister: Race = {
  name: 'create-unregister',
  summary: 'a device is created while its parent is unregistered: no child may be left',
  cpus: [
    function create_on_tiny0(s) {
      echo(s, 0, s.create, UUID)
    },
    unregister,
  ],
  finish({ answers }, guarded) {
    nothingLeft(guarded)
    if (!guarded) return
    const created = read(answers)
    check(created > 0 || created === -ENODEV, `create returned ${created}`)
  },
  expect: (strategy) => ungated(strategy, 'assertion') ?? {},
}

/** What `remove` does once its file has removed itself: from here on only the pin keeps device and parent. */
function removeInKernel({ mdev, parent }: World): void {
  const device = as<'mdev_device'>(mdev as number)
  const ret = mdev_device_remove(device, false)
  check(ret === 0 || ret === -ENODEV || ret === -EAGAIN, `remove returned ${ret}`)
  mdev_unpin(device, as(parent as number))
}

const removeUnregister: Race = {
  name: 'remove-unregister',
  summary: 'a device is removed while its parent is unregistered and its vendor goes',
  setup: () => {
    withDevice()
    const mdev = deviceOf()
    const parent = parentOf(mdev)
    mdev_pin(as(mdev), as(parent))
    return { mdev, parent }
  },
  cpus: [
    removeInKernel,
    function unplug() {
      parent_unplug(0)
    },
  ],
  finish: (_s, guarded) => nothingLeft(guarded),
  // Then it finds nothing left to do.
  expect: (strategy) => (waitsForLock(strategy) ? { bound: 1 } : (ungated(strategy, 'oops') ?? {})),
}

const removeFileUnregister: Race = {
  name: 'remove-file-unregister',
  summary: 'remove-unregister from the file on: the store of `remove` pins its device',
  setup: withDevice,
  cpus: [
    function remove(s) {
      echo(s, 0, s['remove'] as number, '1')
    },
    function unplug() {
      parent_unplug(0)
    },
  ],
  finish: (_s, guarded) => nothingLeft(guarded),
  // And the walk drains the file with that lock held, which the store of the file waits for.
  // Behind a gate, a remover that is refused makes its file again where vendors may refuse, beside whoever removes the device: stale-remove-file.
  expect: (strategy) => {
    if (waitsForLock(strategy)) return { expect: 'deadlock' }
    const stale = strategy.sequence.vendorMayRefuse ? ({ expect: 'data race' } as const) : { bound: 1 }
    return ungated(strategy, 'oops') ?? stale
  },
}

/** Races of unregistration. */
export const UNREGISTER_RACES: readonly Race[] = [createUnregister, removeUnregister, removeFileUnregister]
