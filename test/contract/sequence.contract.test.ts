import { beforeEach, describe, expect, test } from 'vitest'
import { EBUSY, ENOENT } from '#lockstorm/base/index'
import { parent_kinds, parents_init } from '#lockstorm/drivers/index'
import { kernel_init, sysfs_list, sysfs_write } from '#lockstorm/kernel/index'
import { createArena, set_fail_nth, strings_init } from '#lockstorm/mem/index'
import {
  mdev_check,
  mdev_init,
  RAISED,
  STRATEGIES,
  strategyNamed,
  vendors,
  type Strategy,
} from '#lockstorm/mdev/index'
import { devDir, uuid } from '../mdev/machine.ts'

/** What the vendor saw when it was called: the devices on the bus. */
const seen: { call: string; bus: string[] | number }[] = []
let answer = 0

const OPS = vendors.define('witness', {
  name: 'witness',
  types: [{ sysfs_name: '1', name: 'Witness', description: '', device_api: 'vfio-pci' }],
  create() {
    seen.push({ call: 'create', bus: sysfs_list('/sys/bus/mdev/devices') })
    return 0
  },
  remove() {
    seen.push({ call: 'remove', bus: sysfs_list('/sys/bus/mdev/devices') })
    return answer
  },
  available: () => 1,
})
const KIND = parent_kinds.define('witness', { ops: OPS, dataWords: 2, init() {}, deviceName: () => 'gpu0' })

function boot(name: string): Strategy {
  const strategy = strategyNamed(name) as Strategy
  createArena(8 << 20, 2)
  strings_init()
  const ret = kernel_init() || mdev_init(strategy) || parents_init(KIND, 1)
  if (ret !== 0) throw new Error(`boot: ${ret}`)
  return strategy
}

const create = (): number =>
  sysfs_write('/sys/class/mdev_bus/gpu0/mdev_supported_types/witness-1/create', uuid(1))
const remove = (): number => sysfs_write(`${devDir(uuid(1))}/remove`, '1')

beforeEach(() => {
  seen.length = 0
  answer = 0
})

/** A strategy for each sequence, the first that has it. */
const ROWS = [...STRATEGIES, ...RAISED].filter(
  ({ sequence }, at, all) => all.findIndex((other) => other.sequence === sequence) === at,
)

describe.each(ROWS.map(({ name }) => name))('the sequence of %s', (name) => {
  test('a device that create made is complete, and remove leaves nothing', () => {
    boot(name)
    expect(create()).toBe(36)
    expect(sysfs_list(devDir(uuid(1)))).toContain('remove')
    expect(remove()).toBe(1)
    expect(mdev_check(1, 1)).toEqual([])
    expect(seen.map((one) => one.call)).toEqual(['create', 'remove'])
  })
})

test('remove is the mirror of create where the vendor may not refuse', () => {
  for (const { name, sequence } of STRATEGIES) {
    const asked = sequence.vendorMayRefuse ? ['mdev_device_remove_ops'] : []
    const removal = [...asked, ...sequence.remove.map((step) => step.name)]
    const undone = sequence.create
      .map((step) => step.name.replace('create', 'remove').replace('device_add', 'device_del'))
      .filter((step) => removal.includes(step))
    const mirrored = removal.join() === undone.toReversed().join()
    expect({ name, mirrored }).toEqual({ name, mirrored: !sequence.vendorMayRefuse })
  }
})

test('bus_first shows the device to the world before the vendor has made it', () => {
  boot('placeholder')
  create()
  remove()
  expect(seen).toEqual([
    { call: 'create', bus: [uuid(1)] },
    { call: 'remove', bus: [uuid(1)] },
  ])
})

test('vendor_first shows it only when it is made, and takes it off the bus before it is removed', () => {
  boot('rwsem')
  create()
  remove()
  expect(seen).toEqual([
    { call: 'create', bus: [] },
    { call: 'remove', bus: [] },
  ])
})

test.each([
  ['placeholder', [uuid(1)]],
  ['rwsem', []],
])(
  'a create of %s that fails undoes its steps in reverse: the vendor sees the bus as at his create',
  (name, bus) => {
    const undone: unknown[] = []
    for (let nth = 1; nth <= 40; nth++) {
      boot(name)
      seen.length = 0
      set_fail_nth(nth)
      create()
      set_fail_nth(0)
      undone.push(...seen.filter((one) => one.call === 'remove').map((one) => one.bus))
    }
    expect(undone.length).toBeGreaterThan(0)
    for (const one of undone) expect(one).toEqual(bus)
  },
)

test('where the vendor may refuse, the device stays, and so does its remove file', () => {
  boot('placeholder')
  create()
  answer = -EBUSY
  expect(remove()).toBe(-EBUSY)
  expect(sysfs_list(devDir(uuid(1)))).toContain('remove')
  answer = 0
  expect(remove()).toBe(1)
})

test.each(['rwsem', 'modern'])('under %s a refusal has no effect any more', (name) => {
  boot(name)
  create()
  answer = -EBUSY
  expect(remove()).toBe(1)
  expect(remove()).toBe(-ENOENT)
})
