export * from './attribute.ts'
export * from './bus.ts'
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
} from './bus_device.ts'
export * from './cdev.ts'
export * from './cdev_device.ts'
export * from './cdev_struct.ts'
export * from './chardev_file.ts'
export * from './chardev_init.ts'
export * from './chardev_poll.ts'
export * from './chardev_user.ts'
export * from './class.ts'
export {
  bus_probe_device,
  device_attach,
  device_driver_attach,
  device_driver_detach,
  device_release_driver,
  driver_match_device,
} from './dd.ts'
export * from './delayed_work.ts'
export * from './device.ts'
export * from './device_add.ts'
export * from './device_children.ts'
export * from './device_del.ts'
export * from './devres.ts'
export { live_devices } from './device_root.ts'
export * from './device_struct.ts'
export { kobject_synth_uevent } from './device_uevent.ts'
export * from './driver.ts'
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
export * from './klist.ts'
export * from './klist_set.ts'
export * from './kobject.ts'
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
} from './kobject_globals.ts'
export * from './kobject_struct.ts'
export * from './kset.ts'
export * from './module.ts'
export * from './module_struct.ts'
export * from './oops.ts'
export * from './path.ts'
export * from './path_io.ts'
export * from './pci.ts'
export * from './pci_manage.ts'
export * from './pci_mmio.ts'
export * from './pci_msi.ts'
export * from './pci_struct.ts'
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
