import { describe, expect, test } from 'vitest'
import { as, ENOMEM } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { fail_nth_seen, set_fail_nth } from '#lockstorm/mem/index'
import { write } from '#lockstorm/mem/access.fast'
import { bootKernel, makeBus, makeDriver, must, name, prepareDevice, zalloc } from './fixture.ts'

const attr = k.define_attribute<'device'>('u.attr', { name: 'attr', mode: 0o444, show: () => '' })
const groups = k.define_groups('u.groups', [{ attrs: [attr] }, { name: 'vendor', attrs: [attr] }])
const busOps = k.bus_ops.define('u', {
  dev_groups: k.define_groups('u.bus', [{ name: 'bus', attrs: [attr] }]),
})
const drvOps = k.driver_ops.define('u', {
  dev_groups: k.define_groups('u.drv', [{ name: 'drv', attrs: [attr] }]),
})
const modOps = k.module_ops.define('u', {})
const release = k.device_releases.define('u', () => {})

function world() {
  bootKernel()
  const bus = makeBus('mdev', busOps)
  const drv = makeDriver('mtty', bus, drvOps)
  const cls = must(k.class_create(name('vfio')), 'class')
  const parent = prepareDevice('gpu', as(0), as(0), release)
  expect(k.device_add(parent)).toBe(0)
  return { bus, drv, cls, parent }
}
type World = ReturnType<typeof world>

/** Each builds something and gives what takes it down again, or a negative errno and nothing. */
const builders: Record<string, (w: World) => (() => void) | number> = {
  'a device on a bus': ({ bus, parent }) => {
    const dev = prepareDevice('dev', bus, parent, release)
    write(dev + k.device.offset.groups, groups)
    const error = k.device_add(dev)
    if (error === 0) return () => k.device_unregister(dev)
    k.put_device(dev)
    return error
  },
  'a virtual class device': ({ cls }) => {
    const dev = k.device_create(cls, as(0), 10, 196, name('vfio'))
    return dev < 0 ? dev : () => k.device_destroy(as(dev))
  },
  'a class device below a device, in a glue directory': ({ cls, parent }) => {
    const dev = k.device_create(cls, parent, 0, 0, name('vfio0'), 0, groups)
    return dev < 0 ? dev : () => k.device_destroy(as(dev))
  },
  'a class': () => {
    const cls = k.class_create(name('other'))
    return cls < 0 ? cls : () => k.class_destroy(as(cls))
  },
  'a compat class with a link': ({ parent }) => {
    const cls = k.class_compat_register(name('mdev_bus'))
    if (cls < 0) return cls
    const error = k.class_compat_create_link(as(cls), parent)
    if (error === 0) k.class_compat_remove_link(as(cls), parent)
    if (error === 0) return () => k.class_compat_unregister(as(cls))
    k.class_compat_unregister(as(cls))
    return error
  },
  'a bus': () => {
    const bus = zalloc(k.bus_type)
    const error = k.bus_register(bus, name('pci'), busOps)
    return error === 0 ? () => k.bus_unregister(bus) : error
  },
  'a driver': ({ bus }) => {
    const drv = zalloc(k.device_driver)
    k.driver_init(drv, name('mdpy'), bus, as(0), drvOps)
    const error = k.driver_register(drv)
    return error === 0 ? () => k.driver_unregister(drv) : error
  },
  'a kset': ({ parent }) => {
    const set = k.kset_create_and_add(name('mdev_supported_types'), 0, k.device.at.kobj(parent))
    return set < 0 ? set : () => k.kset_unregister(as(set))
  },
  'a module': () => {
    const mod = k.module_load(name('vfio'), modOps)
    return mod < 0 ? mod : () => k.delete_module(as(mod))
  },
}

/** Counts without what only grows, and what a failure is allowed to print. */
function state() {
  const { warnings: _w, ...counts } = k.kernel_counts()
  return { ...counts, tree: k.sysfs_tree(), busy: k.busy_nodes(), dangling: k.dangling_links() }
}

describe.each(Object.keys(builders))('%s', (what) => {
  const build = builders[what] as (w: World) => (() => void) | number

  test('unwinds completely from each of its failures', () => {
    const w = world()
    const before = state()
    const errors: number[] = []
    for (let nth = 1, fired = true; fired; nth++) {
      set_fail_nth(nth)
      const result = build(w)
      fired = fail_nth_seen() >= nth
      set_fail_nth(0)
      if (typeof result === 'number') errors.push(result)
      else result()
      expect(state(), `failure ${nth}`).toEqual(before)
    }
    expect(errors.length).toBeGreaterThan(0)
    expect(new Set(errors)).toEqual(new Set([-ENOMEM]))
  })
})
