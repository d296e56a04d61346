/**
 * Fixed addresses where the boot CPU publishes what a kernel would have as global variables. A subsystem allocates one
 * `<name>_globals` struct in its x_init and stores its address here; other CPUs read it. Constant after boot.
 */
export const ROOTS = [
  'slab',
  'strings',
  'names',
  'kernfs',
  'file',
  'kobject',
  'uevent',
  'device',
  'bus',
  'class',
  'module',
  'printk',
  'mdev',
  'iommu',
  'vfio',
  'drivers',
  'workqueue',
  'devlink',
  'cdev',
  'pci',
  'irq',
  'tpm',
  'machine',
  'storm',
  'storm_fresh',
  'storm_races',
  'scenario',
  'torture',
  'lockdep',
  'debug',
  'test',
  'lock_stat',
  'kasan',
  'kcsan',
  'switchtec',
  'parents',
  'devres',
  'mmio',
  'fences',
  'platform',
] as const

/** Name of a root. */
export type RootName = (typeof ROOTS)[number]
