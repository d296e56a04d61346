/**
 * The machines of the sections: a kernel with mdev in strategy `modern`, and one driver as a module.
 *
 * Context   the boot CPU; main of the run, which is CPU 0 all along.
 */
import { as, type Addr } from '../base/addr.ts'
import { cost_init } from '../drivers/cost.ts'
import { MTTY_PARENTS } from '../drivers/mtty/mtty.ts'
import { parents_exit, parents_init } from '../drivers/parents.ts'
import { define_attribute, define_groups } from '../kernel/device/attribute.ts'
import { dev_name } from '../kernel/device/device.ts'
import { driver_ops } from '../kernel/device/device_struct.ts'
import { kernel_init } from '../kernel/init.ts'
import { module_load } from '../kernel/module.ts'
import { module_ops } from '../kernel/module_struct.ts'
import { printk_set_debug } from '../kernel/printk.ts'
import { name_text } from '../kernel/qstr.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { mdev_init } from '../mdev/init.ts'
import { strategyNamed, type Strategy } from '../mdev/strategies.ts'
import { createArena } from '../mem/arena.ts'
import { strings_init } from '../mem/strings.ts'
import { vfio_init } from '../vfio/init.ts'
import { VFIO_VENDOR_DRIVER } from '../vfio/vfio_mdev.ts'
import type { MachineName } from './case.ts'
import { GT8_COUNT, GT8_PARENTS, gt8_init } from './gt8.ts'

const ARENA_BYTES = 16 * 1024 * 1024
/** CPU 0 and the threads of the races. */
const CPUS = 10
/** Requests to a user who is in the way come after so long: long enough for none but the first to come. */
const REQUEST_PERIOD_US = 1_000_000_000
const MTTY = static_name('mtty')
const GT8 = static_name('gt8')

const sample_mdev_dev = define_attribute<'device'>('mtty.sample_mdev_dev', {
  name: 'sample_mdev_dev',
  mode: 0o444,
  show: (dev) => `This is MDEV ${name_text(dev_name(dev))}\n`,
})
const vendor_group = { name: 'vendor', attrs: [sample_mdev_dev] }

/** The vendor's driver with the group of files that mtty gives its devices. */
const mtty_driver = driver_ops.define('mtty conformance', {
  ...driver_ops.get(VFIO_VENDOR_DRIVER),
  dev_groups: define_groups('mtty vendor', [vendor_group]),
})

const mtty_module = module_ops.define('mtty conformance', {
  init: (mod) => parents_init(MTTY_PARENTS, 1, mtty_driver, mod),
  exit: parents_exit,
})
const gt8_module = module_ops.define('gt8 conformance', {
  init: (mod) => parents_init(GT8_PARENTS, GT8_COUNT, undefined, mod),
  exit: parents_exit,
})

/** Loads the driver of the machine. Returns the module or a negative errno. */
export function loadDriver(machine: MachineName): Addr<'module'> {
  const gt8 = machine === 'gt8'
  return as(module_load(qstr_of(gt8 ? GT8 : MTTY), gt8 ? gt8_module : mtty_module))
}

/** Boots a machine without its driver. Throws if it cannot. */
export function bootMachine(machine: MachineName): SharedArrayBuffer {
  const sab = createArena(ARENA_BYTES, CPUS)
  const vfio = machine === 'gt8' ? () => 0 : () => vfio_init({ requestPeriodUs: REQUEST_PERIOD_US })
  const ready = strings_init() && kernel_init() === 0 && cost_init(1)
  const ret = ready ? mdev_init(strategyNamed('modern') as Strategy) || vfio() : -1
  if (ret !== 0) throw new Error(`the machine of the section does not boot: ${ret}`)
  gt8_init()
  printk_set_debug(true)
  return sab
}
