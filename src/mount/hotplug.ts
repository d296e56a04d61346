/**
 * Files of the mount's own, in /sys/kernel/parents: `echo 3 > unplug` pulls parent 3 out while whoever likes uses it, and `plug` puts it
 * back. A real kernel has such files for PCI devices (remove, rescan); here parents have no bus.
 *
 * Order    hotplug_mutex is outer to all that plugging takes.
 * Context  a server thread: sleeps for as long as the parent's users make it.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EBUSY, EINVAL, ENOMEM } from '../base/errno.ts'
import { parent_device, parent_plug, parent_unplug, parents_count } from '../drivers/parents.ts'
import { define_attribute, kernel_kobj, kobject_create_and_add, sysfs_create_file } from '../kernel/index.ts'
import { registerParentLocks } from '../machine/mdev_names.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'

const ROOT = rootAddr('mount')
const PARENTS = static_name('parents')

/** Does it to the parent that the text names by its number: bytes taken, or a negative errno. */
function toParent(text: string, act: (index: number) => number): number {
  if (!/^\d{1,3}\n?$/.test(text) || Number(text) >= parents_count()) return -EINVAL
  const lock = as<'mutex'>(read(ROOT))
  mutex_lock(lock)
  const ret = act(Number(text))
  registerParentLocks(parents_count())
  mutex_unlock(lock)
  return ret === 0 ? text.length : ret
}

const unplug = define_attribute('parents.unplug', {
  name: 'unplug',
  mode: 0o200,
  store: (_, text) => toParent(text, parent_unplug),
})
const plug = define_attribute('parents.plug', {
  name: 'plug',
  mode: 0o200,
  store: (_, text) => toParent(text, (index) => (parent_device(index) === 0 ? parent_plug(index) : -EBUSY)),
})

/** Makes the files. Boot CPU, after the parents. Returns 0 or a negative errno. */
export function hotplug_init(): number {
  const lock = alloc_boot(mutex.words)
  if (lock === 0) return -ENOMEM
  mutex_init(lock as Addr<'mutex'>, 'hotplug_mutex')
  write(ROOT, lock)
  const dir = kobject_create_and_add(qstr_of(PARENTS), kernel_kobj())
  if (dir < 0) return dir
  return sysfs_create_file(as(dir), unplug) || sysfs_create_file(as(dir), plug)
}
