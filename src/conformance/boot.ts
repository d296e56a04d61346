/**
 * The machines of the sections: a kernel with mdev in strategy `modern`, and one driver as a module.
 *
 * Context   the boot CPU; main of the run, which is CPU 0 all along.
 */
import { as, type Addr } from '../base/addr.ts'
import { cost_init } from '../drivers/cost.ts'
import { parents_exit, parents_init } from '../drivers/parents.ts'
import { SAMPLES } from '../drivers/samples.ts'
import { chrdev_init, register_chrdev_region } from '../kernel/cdev/cdev.ts'
import { kernel_init } from '../kernel/init.ts'
import { module_load } from '../kernel/module.ts'
import { module_ops } from '../kernel/module_struct.ts'
import { printk_set_debug } from '../kernel/printk.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { mdev_init } from '../mdev/init.ts'
import { strategyNamed, type Strategy } from '../mdev/strategies.ts'
import { createArena } from '../mem/arena.ts'
import { strings_init } from '../mem/strings.ts'
import { vfio_init } from '../vfio/init.ts'
import type { DriverName, MachineName } from './case.ts'
import { GT8_COUNT, GT8_PARENTS, gt8_init } from './gt8.ts'

const ARENA_BYTES = 16 * 1024 * 1024
/** CPU 0 and the threads of the races. */
const CPUS = 10
/** Requests to a user who is in the way come after so long: long enough for none but the first to come. */
const REQUEST_PERIOD_US = 1_000_000_000
const NAMES: Readonly<Record<DriverName, number>> = {
  mtty: static_name('mtty'),
  mdpy: static_name('mdpy'),
  mbochs: static_name('mbochs'),
  gt8: static_name('gt8'),
}

const gt8_module = module_ops.define('gt8 conformance', {
  init: (mod) => parents_init(GT8_PARENTS, GT8_COUNT, undefined, mod),
  exit: (mod) => parents_exit(mod),
})

/** Loads a driver. Returns the module or a negative errno. */
export function loadDriver(driver: DriverName): Addr<'module'> {
  return as(module_load(qstr_of(NAMES[driver]), driver === 'gt8' ? gt8_module : SAMPLES[driver]))
}

/** Boots a machine without its driver. Throws if it cannot. */
export function bootMachine(machine: MachineName): SharedArrayBuffer {
  const sab = createArena(ARENA_BYTES, CPUS)
  const vfio = machine === 'gt8' ? () => 0 : () => vfio_init({ requestPeriodUs: REQUEST_PERIOD_US })
  const ready = strings_init() && kernel_init() === 0 && cost_init(1) && chrdev_init()
  // The first number is that of vfio's groups, which make their nodes without a cdev.
  const ret =
    ready && register_chrdev_region() > 0 ? mdev_init(strategyNamed('modern') as Strategy) || vfio() : -1
  if (ret !== 0) throw new Error(`the machine of the section does not boot: ${ret}`)
  gt8_init()
  // The session with all three drivers was recorded without the lines of dev_dbg.
  printk_set_debug(machine !== 'samples, not loaded')
  return sab
}
