/**
 * Which functions of the emulated kernel are the kernel's own.
 *
 * Rule   what a call trace shows is what a kernel's would show, so that it can be laid beside that of a mail. Left out are names that
 *        are not in its spelling, steps and methods (names of one word), what stands for user space, and helpers that a function of the
 *        kernel was cut into here.
 */

/** Functions of the kernel whose name is one word. */
const WORDS: ReadonlySet<string> = new Set(['kfree', 'printk', 'schedule'])

/** Doors of user space. */
const DOORS = /^(?:sysfs_write|devlink_eswitch_set|mlx5_mode_set)$/

/** What the slow half of a lock was cut into. */
const OF_LOCKS =
  /^owner_lock_|_slow$|_contended$|_for_ever$|_or_fail$|^(?:drain_slot|take_node|wait_(?:announced|behind|empty|even|token|for_gp|for_grant|for_turn))$/

/** Helpers, by what they are cut from: mdev's core, its gates and namespaces; drivers; the core of devices and files. */
const HELPERS =
  /^(?:remove_found|remove_device|remove_by_file|__remove_store|(?:begin|finish)_unregister|unregister_(?:guarded|unguarded|at_once)|create_on|create_device|create_files|run_steps|open_device|open_file|get_device_fd|driver_bound|call_driver_(?:probe|remove)|if_alive|serve_(?:some|pending)|mdev_compat_(?:make|link|unlink)|platform_(?:un)?bind|(?:parent|pci)_(?:un)?plug|vfio_group_nb_verify)$/

/** Halves, and steps between a function of the kernel and the next. */
const HALVES =
  /^(?:__(?:create_store|device_add|really_probe|kernfs_remove_self|kobject_del|find|taken|plug)|add_(?:contents|dev_file|devices_dir|files|group|groups_and_bus|links|parent|to_sysfs|unbound)|probe_and_groups|emulated_group|open_group|make_(?:dirs|files|node|skeleton)|remove_(?:node|sharded)|wait_(?:done|gone|until_released|for_command|for_something)|kernfs_wait_(?:drained|suicided))$/

/** Is this a name that a kernel's call trace may show? */
export function isKernelName(name: string): boolean {
  if (/[A-Z.<]/.test(name)) return false
  if (!name.includes('_')) return WORDS.has(name)
  return !(DOORS.test(name) || OF_LOCKS.test(name) || HELPERS.test(name) || HALVES.test(name))
}
