export * from './device/attribute.ts'
export * from './device/bus.ts'
export {
  bus_notify,
  BUS_NOTIFY_ADD_DEVICE,
  BUS_NOTIFY_BIND_DRIVER,
  BUS_NOTIFY_BOUND_DRIVER,
  BUS_NOTIFY_DEL_DEVICE,
  BUS_NOTIFY_DRIVER_NOT_BOUND,
  BUS_NOTIFY_REMOVED_DEVICE,
  BUS_NOTIFY_UNBIND_DRIVER,
  BUS_NOTIFY_UNBOUND_DRIVER,
  bus_register_notifier,
  bus_unregister_notifier,
} from './device/bus_notify.ts'
export * from './cdev/cdev.ts'
export * from './cdev/cdev_device.ts'
export * from './cdev/cdev_struct.ts'
export * from './cdev/chardev_file.ts'
export * from './cdev/chardev_init.ts'
export * from './cdev/chardev_poll.ts'
export * from './cdev/chardev_user.ts'
export * from './device/class.ts'
export {
  bus_probe_device,
  device_attach,
  device_driver_attach,
  device_driver_detach,
  device_release_driver,
  driver_match_device,
} from './device/dd.ts'
export * from './delayed_work.ts'
export * from './device/device.ts'
export * from './device/device_add.ts'
export * from './device/device_children.ts'
export * from './device/device_del.ts'
export * from './device/devres.ts'
export { live_devices } from './device/device_root.ts'
export * from './device/device_struct.ts'
export { kobject_synth_uevent } from './device/device_uevent.ts'
export * from './device/driver.ts'
export * from './file.ts'
export * from './init.ts'
export * from './invariants.ts'
export * from './irq.ts'
export * from './kernfs/active.ts'
export * from './kernfs/dir.ts'
export * from './kernfs/node.ts'
export * from './kernfs/readdir.ts'
export * from './kernfs/remove.ts'
export * from './kernfs/self.ts'
export * from './kernfs/walk.ts'
export * from './device/klist.ts'
export * from './device/klist_set.ts'
export * from './device/kobject.ts'
export {
  bus_kset,
  class_kset,
  devices_kset,
  kernel_kobj,
  live_kobjects,
  live_ksets,
  module_kset,
  second_order,
  virtual_dir,
} from './device/kobject_globals.ts'
export * from './device/kobject_struct.ts'
export * from './device/kset.ts'
export * from './module.ts'
export * from './module_struct.ts'
export * from './oops.ts'
export * from './path.ts'
export * from './path_io.ts'
export * from './pci/pci.ts'
export * from './pci/pci_manage.ts'
export * from './pci/pci_mmio.ts'
export * from './pci/pci_msi.ts'
export * from './pci/pci_struct.ts'
export * from './printk.ts'
export * from './qstr.ts'
export * from './report.ts'
export * from './service.ts'
export * from './static_name.ts'
export * from './sysfs.ts'
export * from './sysfs_group.ts'
export * from './uevent.ts'
export * from './uevent_record.ts'
export * from './workqueue.ts'
export * from './workqueue_struct.ts'
