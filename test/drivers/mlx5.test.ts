import { describe, expect, test } from 'vitest'
import { EINVAL, ENODEV, ENOENT, ENOSPC } from '#lockstorm/base/index'
import {
  devlink_count,
  devlink_globals,
  devlink_root,
  ESWITCH_LEGACY,
  ESWITCH_SWITCHDEV,
  MLX5_MAX_SFS,
  mlx5_mode_set,
  mlx5_sf_driver_load,
  parent_available,
  parent_plug,
  parent_unplug,
} from '#lockstorm/drivers/index'
import { printk_records, sysfs_list, sysfs_write } from '#lockstorm/kernel/index'
import { write } from '#lockstorm/mem/access.fast'
import { mdev_check, strategyNamed } from '#lockstorm/mdev/index'
import { boot, devDir, guarded, strategies, uuid } from '../mdev/machine.ts'

const TYPES = '/sys/class/mdev_bus/0000:06:00.0/mdev_supported_types'
const create = (n: number): number => sysfs_write(`${TYPES}/mlx5_core-local/create`, uuid(n))
const remove = (n: number): number => sysfs_write(`${devDir(uuid(n))}/remove`, '1')

describe.each(strategies)('under %s', (strategy) => {
  test('a card has sixteen subfunctions, and then no room', () => {
    boot(strategy, { driver: 'mlx5_sf', parents: 1 })
    for (let n = 0; n < MLX5_MAX_SFS; n++) expect(create(n)).toBe(36)
    expect(parent_available(0, 0)).toBe(0)
    expect(create(99)).toBe(-ENOSPC)
    for (let n = 0; n < MLX5_MAX_SFS; n++) expect(remove(n)).toBe(1)
    expect(parent_available(0, 0)).toBe(MLX5_MAX_SFS)
    expect(mdev_check(1, 1)).toEqual([])
  })

  test('the card is a parent in switchdev mode only', () => {
    boot(strategy, { driver: 'mlx5_sf', parents: 1 })
    expect(mlx5_mode_set(0, ESWITCH_LEGACY)).toBe(0)
    expect(create(1)).toBe(-ENOENT)
    expect(mlx5_mode_set(0, ESWITCH_LEGACY)).toBe(0)
    expect(mlx5_mode_set(0, 7)).toBe(-EINVAL)
    expect(mlx5_mode_set(0, ESWITCH_SWITCHDEV)).toBe(0)
    expect(create(1)).toBe(36)
    expect(remove(1)).toBe(1)
    expect(sysfs_list(TYPES)).toEqual(['mlx5_core-local'])
  })

  test('a bound subfunction has a devlink instance of its own', () => {
    boot(strategy, { driver: 'mlx5_sf', parents: 1 })
    expect(create(1)).toBe(36)
    expect(mlx5_sf_driver_load()).toBe(0)
    expect(devlink_count()).toBe(2)
    expect(remove(1)).toBe(1)
    expect(devlink_count()).toBe(1)
  })
})

// Where the bus comes first, it binds the driver before there is a subfunction: that is problem 1.
const made = guarded.filter((name) => strategyNamed(name)?.sequence.showsUnmade === false)

describe.each(made)('with a lock per devlink instance, under %s', (strategy) => {
  test('a mode change takes bound subfunctions away', () => {
    boot(strategy, { driver: 'mlx5_sf', parents: 1 })
    write(devlink_root() + devlink_globals.offset.per_instance, 1)
    expect(mlx5_sf_driver_load()).toBe(0)
    expect([create(1), create(2)]).toEqual([36, 36])
    expect(mlx5_mode_set(0, ESWITCH_LEGACY)).toBe(0)
    expect(devlink_count()).toBe(1)
    expect(mdev_check(0, 1)).toEqual([])
  })
})

test('a card that is pulled has no instance any more', () => {
  boot('srcu', { driver: 'mlx5_sf', parents: 1 })
  expect(parent_unplug(0)).toBe(0)
  expect(devlink_count()).toBe(0)
  expect(mlx5_mode_set(0, ESWITCH_LEGACY)).toBe(-ENODEV)
  expect(parent_plug(0)).toBe(0)
  expect(devlink_count()).toBe(1)
})

test('the log says what the mail quotes', () => {
  boot('rwsem', { driver: 'mlx5_sf', parents: 1 })
  mlx5_mode_set(0, ESWITCH_LEGACY)
  expect(
    printk_records()
      .map(({ text }) => text)
      .slice(-2),
  ).toEqual([
    'mlx5_core 0000:06:00.0: E-Switch: Disable: mode(OFFLOADS), nvfs(4), active vports(5)',
    'mlx5_core 0000:06:00.0: MDEV: Unregistering',
  ])
})
