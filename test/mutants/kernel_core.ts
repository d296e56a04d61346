/** Mistakes in the driver core: lists, objects, devices, drivers, managed resources. */
import type { Mutant } from './mutant.ts'
import { explore, unit } from './oracles.ts'

const KLIST = 'src/kernel/device/klist.ts'
const KOBJECT = 'src/kernel/device/kobject.ts'
const DD = 'src/kernel/device/dd.ts'
const DEVICE_ADD = 'src/kernel/device/device_add.ts'
const DEVICE_DEL = 'src/kernel/device/device_del.ts'

export const core: readonly Mutant[] = [
  {
    name: 'klist-walk-stands-on-the-dead',
    file: KLIST,
    find: 'while (at !== head && read(ofNode(at) + DEAD) === 1) at = list_next(at)',
    replace: 'if (at !== head && read(ofNode(at) + DEAD) === 1) at = list_next(at)',
    breaks: 'A walk skips one dead node, and stands on the second of two.',
    oracle: unit('test/kernel/klist.test.ts'),
  },
  {
    name: 'klist-latecomer-stands-on-the-dead',
    file: KLIST,
    find: 'while (at !== head && read(ofNode(at) + DEAD) === 1) at = list_next(at)',
    replace: 'while (at !== head && read(ofNode(at) + REF) === 0) at = list_next(at)',
    breaks: 'While one stands on a node that was taken off, another that comes later stands on it too.',
    oracle: unit('test/kernel/klist.test.ts'),
  },
  {
    name: 'klist-waiter-overlooked',
    file: KLIST,
    find: 'if (read(n + REF) > 1) WRITE_ONCE(n + UNLINKED, waited)',
    replace: 'if (read(n + REF) > 2) WRITE_ONCE(n + UNLINKED, waited)',
    breaks: 'klist_remove waits for a walker that does not know that somebody waits.',
    oracle: explore('klist-remove'),
  },
  {
    name: 'klist-reference-after-unlock',
    file: KLIST,
    find: `  if (next !== 0) write(next + REF, read(next + REF) + 1)
  const left = last !== 0 && klist_dec_and_del(last)
  spin_unlock(LOCK(k))
  if (left)`,
    replace: `  const left = last !== 0 && klist_dec_and_del(last)
  spin_unlock(LOCK(k))
  if (next !== 0) write(next + REF, read(next + REF) + 1)
  if (left)`,
    breaks: 'A walk counts itself on its node when the lock is given back: the node may be gone.',
    oracle: explore('klist-del'),
  },
  {
    name: 'klist-exit-keeps-the-object',
    file: KLIST,
    find: `  const left = klist_dec_and_del(n)
  spin_unlock(LOCK(k))
  if (left) putObject(k, n)`,
    replace: `  klist_dec_and_del(n)
  spin_unlock(LOCK(k))`,
    breaks: 'A walk that stops on a node which is taken off leaks the reference to its object.',
    oracle: explore('device-find-del:global'),
  },
  {
    name: 'klist-killed-twice',
    file: KLIST,
    find: '  if (alive) return true\n  spin_unlock(LOCK(k))',
    replace: '  if (alive || read(n + REF) > 0) return true\n  spin_unlock(LOCK(k))',
    breaks: 'A second klist_del takes the reference of a walker.',
    oracle: unit('test/kernel/klist.test.ts'),
  },
  {
    name: 'kobject-found-and-dead',
    file: KOBJECT,
    find: 'return kobj !== 0 && kref_get_unless_zero(KREF(kobj)) ? kobj : NULL',
    replace: 'return kobject_get(kobj)',
    breaks: 'A lookup takes a reference to an object whose last one is gone.',
    oracle: explore('kobject-find-put:global'),
  },
  {
    name: 'kobject-dir-before-uevent',
    file: KOBJECT,
    find: `  const state = READ_ONCE(kobj + STATE)
  if ((state & (KOBJ_ADD_SENT | KOBJ_REMOVE_SENT)) === KOBJ_ADD_SENT) kobject_uevent(kobj, KOBJ_REMOVE)
  sysfs_remove_dir(kobj)`,
    replace: `  sysfs_remove_dir(kobj)
  const state = READ_ONCE(kobj + STATE)
  if ((state & (KOBJ_ADD_SENT | KOBJ_REMOVE_SENT)) === KOBJ_ADD_SENT) kobject_uevent(kobj, KOBJ_REMOVE)`,
    breaks: 'An object sends its remove uevent when its directory has gone.',
    oracle: unit('test/checked/kernel/order.test.ts'),
  },
  {
    name: 'kobject-failed-add-keeps-parent',
    file: KOBJECT,
    find: '  kobj_kset_leave(kobj)\n  kobject_put(parent)\n  write(kobj + PARENT, NULL)',
    replace: '  kobj_kset_leave(kobj)\n  write(kobj + PARENT, NULL)',
    breaks: 'An object that could not be added keeps its parent.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'kobject-kset-without-lock',
    file: KOBJECT,
    find: '  spin_lock(kset.at.list_lock(k))\n  list_add_tail(ENTRY(kobj), kset.at.list(k))\n  spin_unlock(kset.at.list_lock(k))',
    replace: '  list_add_tail(ENTRY(kobj), kset.at.list(k))',
    breaks: 'Objects join the list of a kset without its lock.',
    oracle: explore('kobject-add-add:global'),
  },
  {
    name: 'device-add-joins-before-probe',
    file: DEVICE_ADD,
    find: `  trace_point('device_add:probe')
  bus_probe_device(dev)
  trace_point('device_add:child_list')
  if (parent !== 0) klist_add_tail(device.at.knode_parent(dev), device.at.klist_children(parent))`,
    replace: `  trace_point('device_add:child_list')
  if (parent !== 0) klist_add_tail(device.at.knode_parent(dev), device.at.klist_children(parent))
  trace_point('device_add:probe')
  bus_probe_device(dev)`,
    breaks: 'A device is a child of its parent before it has been probed.',
    oracle: unit('test/checked/kernel/order.test.ts'),
  },
  {
    name: 'device-add-leaves-the-bus',
    file: DEVICE_ADD,
    find: '    if (error === 0) return 0\n    bus_remove_device(dev)',
    replace: '    if (error === 0) return 0',
    breaks: 'A device whose last file fails stays on its bus.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'device-del-dir-before-uevent',
    file: DEVICE_DEL,
    find: `  kobject_uevent(KOBJ(dev), KOBJ_REMOVE)
  trace_point('device_del:directory')
  const glue = get_glue_dir(dev)
  kobject_del(KOBJ(dev))`,
    replace: `  trace_point('device_del:directory')
  const glue = get_glue_dir(dev)
  sysfs_remove_dir(KOBJ(dev))
  kobject_uevent(KOBJ(dev), KOBJ_REMOVE)
  kobject_del(KOBJ(dev))`,
    also: [
      {
        find: "import { sysfs_remove_groups } from '../sysfs_group.ts'",
        replace:
          "import { sysfs_remove_dir } from '../sysfs.ts'\nimport { sysfs_remove_groups } from '../sysfs_group.ts'",
      },
    ],
    breaks: 'The remove uevent of a device comes when its directory has gone.',
    oracle: unit('test/checked/kernel/order.test.ts'),
  },
  {
    name: 'device-del-keeps-parent',
    file: DEVICE_DEL,
    find: '  cleanup_glue_dir(dev, glue)\n  put_device(parent)',
    replace: '  cleanup_glue_dir(dev, glue)',
    breaks: 'A removed device keeps its parent for ever.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'dd-unbinds-another-driver',
    file: DD,
    find: 'if (bound !== 0 && (drv === 0 || drv === bound)) __device_release_driver(dev, bound)',
    replace: 'if (bound !== 0) __device_release_driver(dev, bound)',
    breaks: 'unbind of one driver takes a device away from another.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'dd-binds-twice',
    file: DD,
    find: '  if (read(dev + D.driver) !== 0) return -EBUSY\n',
    replace: '',
    breaks: 'A device that has a driver is bound to another.',
    oracle: unit('test/kernel/bind.test.ts'),
  },
  {
    name: 'dd-failed-probe-keeps-links',
    file: DD,
    find: '    driver_sysfs_remove(dev, drv)\n  }\n  bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND)',
    replace: '  }\n  bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND)',
    breaks: 'A probe that fails leaves the links between driver and device.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'glue-dir-used-unlocked',
    file: 'src/kernel/device/class_device.ts',
    find: '  if (glue > 0) use(as(glue), 1)\n  mutex_unlock(gdpMutex())',
    replace: '  mutex_unlock(gdpMutex())\n  if (glue > 0) use(as(glue), 1)',
    breaks:
      'A device is counted in its glue directory after the lock: the last other one removes the directory.',
    oracle: explore('class-create-destroy:child', 3_000),
  },
  {
    name: 'devres-oldest-first',
    file: 'src/kernel/device/devres.ts',
    find: '  list_add_tail(devres_node.at.entry(node), HEAD(dev))',
    replace: '  list_add(devres_node.at.entry(node), HEAD(dev))',
    also: [{ find: '  list_add_tail,\n', replace: '  list_add,\n' }],
    breaks: 'Managed resources are given back in the order in which they were taken.',
    oracle: unit('test/kernel/cdev_devres.test.ts'),
  },
  {
    name: 'devres-taken-back-unlocked',
    file: 'src/kernel/device/devres.ts',
    find: '  if (node !== 0) list_del(devres_node.at.entry(node))\n  spin_unlock(LOCK(dev))',
    replace: '  spin_unlock(LOCK(dev))\n  if (node !== 0) list_del(devres_node.at.entry(node))',
    breaks: 'An action is found under the lock and taken off after it.',
    oracle: explore('devres-remove devres-release'),
  },
  {
    name: 'device-del-does-not-kill',
    file: 'src/kernel/device/device_del.ts',
    find: `  write(dev + D.dead, 1)
`,
    replace: `  write(dev + D.dead, 0)
`,
    breaks: 'A driver may still be bound to a device that is being removed.',
    oracle: explore('driver-attach-del:global', 5_000),
  },
  {
    name: 'device-add-leaves-groups',
    file: 'src/kernel/device/device_add.ts',
    find: `    bus_remove_device(dev)
  }
  sysfs_remove_groups(KOBJ(dev), read(dev + D.groups))
  return error`,
    replace: `    bus_remove_device(dev)
  }
  return error`,
    breaks: 'A device that fails to join its bus still has its files when its end is told.',
    oracle: unit('test/checked/kernel/order.test.ts'),
  },
  {
    name: 'dd-unbind-does-not-wait-for-walkers',
    file: 'src/kernel/device/dd.ts',
    find: `  klist_remove(KNODE(dev))
  bus_notify(dev, BUS_NOTIFY_UNBOUND_DRIVER)`,
    replace: `  klist_del(KNODE(dev))
  bus_notify(dev, BUS_NOTIFY_UNBOUND_DRIVER)`,
    also: [{ find: 'klist_next, klist_remove }', replace: 'klist_del, klist_next }' }],
    breaks: 'A device leaves its driver while a walk over the driver`s devices stands on it.',
    oracle: explore('driver-walk-rebind:global', 5_000),
  },
  {
    name: 'dd-failed-probe-keeps-resources',
    file: 'src/kernel/device/dd.ts',
    find: `  bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND)
  device_unbind_cleanup(dev)`,
    replace: `  bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND)
  WRITE_ONCE(dev + D.driver, NULL)`,
    breaks: 'A probe that fails keeps what it took for the device.',
    oracle: unit('test/kernel/cdev_devres.test.ts'),
  },
  {
    name: 'dd-deferred-probe-errno',
    file: 'src/kernel/device/dd.ts',
    find: 'return error === -EPROBE_DEFER ? -EAGAIN : error',
    replace: 'return error',
    breaks: 'User space that binds a device by hand is told a number that is for the kernel alone.',
    oracle: unit('test/kernel/bind.test.ts'),
  },
  {
    name: 'dd-groups-fail-and-driver-stays',
    file: 'src/kernel/device/dd.ts',
    find: `  if (error !== 0) call_driver_remove(dev, drv)
  return error`,
    replace: '  return error',
    breaks: 'A driver whose files cannot be made is not told that it has lost the device.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'bus-keeps-its-reference',
    file: 'src/kernel/device/bus_device.ts',
    find: `  device_release_driver(dev)
  kobject_put(as(bus))`,
    replace: '  device_release_driver(dev)',
    breaks: 'Each device that leaves a bus leaks a reference to it.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'bus-failed-add-keeps-its-reference',
    file: 'src/kernel/device/bus_device.ts',
    find: `klist_of(bus_type.at.klist_devices(bus), dev))
  else kobject_put(as(bus))`,
    replace: 'klist_of(bus_type.at.klist_devices(bus), dev))',
    breaks: 'A device that cannot join a bus leaks a reference to it.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'driver-find-stays-on-its-node',
    file: 'src/kernel/device/driver.ts',
    find: `    klist_iter_exit(k, n)
    return ofKnodeBus(n)`,
    replace: '    return ofKnodeBus(n)',
    breaks: 'Who looks a driver up stands on it for ever, and it cannot be unregistered.',
    oracle: unit('test/kernel/undo.test.ts'),
  },
  {
    name: 'driver-detach-keeps-devices',
    file: 'src/kernel/device/driver.ts',
    find: `    device_release_driver_internal(dev, drv)
    put_device(dev)`,
    replace: '    device_release_driver_internal(dev, drv)',
    breaks: 'Each device that a driver loses when it goes is leaked.',
    oracle: explore('driver-del-withdraw:global', 5_000),
  },
]
