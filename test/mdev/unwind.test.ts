import { describe, expect, test } from 'vitest'
import {
  parent_available,
  parent_device,
  parent_plug,
  parent_register,
  parent_unplug,
  parents_count,
} from '#lockstorm/drivers/index'
import { kernel_counts, dangling_links, busy_nodes, sysfs_list, sysfs_write } from '#lockstorm/kernel/index'
import { read } from '#lockstorm/mem/access.fast'
import { BRK } from '#lockstorm/mem/arena'
import { fail_nth_seen, set_fail_nth } from '#lockstorm/mem/index'
import { mdev_check, mdev_unregister_device } from '#lockstorm/mdev/index'
import { boot, devDir, strategies, typeDir, uuid } from './machine.ts'

const VGPU_TYPES = 5

/** Everything that a failed operation could leave behind. */
function residue(): unknown {
  const { warnings: _w, duplicates: _d, ...counts } = kernel_counts()
  return {
    counts,
    broken: mdev_check(parents_count(), VGPU_TYPES),
    dangling: dangling_links(),
    busy: busy_nodes(),
    devices: sysfs_list('/sys/bus/mdev/devices'),
    available: parent_available(0, 0),
  }
}

/** Lets the n-th fallible call of `operation` fail, for n from 1 until none fails any more. Returns how many there are. */
function walkFailures(
  operation: () => number,
  undo: () => void,
  check: (n: number, ret: number) => void,
): number {
  for (let n = 1; ; n++) {
    set_fail_nth(n)
    const ret = operation()
    const seen = fail_nth_seen()
    set_fail_nth(0)
    if (seen < n) {
      if (ret < 0) throw new Error(`no injected failure, and yet ${ret}`)
      undo()
      return n - 1
    }
    if (ret >= 0) undo()
    check(n, ret)
  }
}

describe.each(strategies)('unwinding under %s', (strategy) => {
  test('whatever fails in a create, nothing is left', () => {
    boot(strategy)
    const before = residue()
    const points = walkFailures(
      () => sysfs_write(`${typeDir(0)}/create`, uuid(1)),
      () => {
        expect(sysfs_write(`${devDir(uuid(1))}/remove`, '1')).toBe(1)
      },
      (n, ret) => {
        expect({ n, ret, residue: residue() }).toEqual({ n, ret, residue: before })
      },
    )
    expect(points).toBeGreaterThan(8)
    expect(residue()).toEqual(before)
  })

  test('whatever fails when a parent is plugged in, nothing is left', () => {
    boot(strategy)
    parent_unplug(1)
    const before = kernel_counts()
    const points = walkFailures(
      () => parent_plug(1),
      () => {
        parent_unplug(1)
      },
      (n, ret) => {
        const { warnings, duplicates, ...counts } = kernel_counts()
        expect({ n, ret, counts: { ...counts, warnings, duplicates } }).toEqual({
          n,
          ret,
          counts: { ...before, warnings, duplicates },
        })
        expect({ n, ret, broken: mdev_check(1, VGPU_TYPES) }).toEqual({ n, ret, broken: [] })
      },
    )
    expect(points).toBeGreaterThan(20)
  })
})

test.each(strategies)('a registration that fails again and again takes no more memory: %s', (strategy) => {
  boot(strategy)
  const dev = parent_device(0)
  mdev_unregister_device(dev)
  const ends = Array.from({ length: 4 }, () => {
    walkFailures(
      () => parent_register(0),
      () => mdev_unregister_device(dev),
      () => {},
    )
    return read(BRK)
  })
  expect(ends[3]).toBe(ends[2])
})
