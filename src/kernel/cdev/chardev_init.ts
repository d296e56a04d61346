/**
 * Start of what character devices of hardware need: work queue, interrupts, PCI, cdevs. On the boot CPU, after kernel_init, on
 * machines that want them: it takes some 40 kB of the arena and makes /sys/bus/pci.
 */
import { ENOMEM } from '../../base/errno.ts'
import { chrdev_init } from './cdev.ts'
import { irq_init } from '../irq.ts'
import { pci_init } from '../pci/pci.ts'
import { workqueue_init } from '../workqueue.ts'

/** Starts them. Returns 0 or a negative errno. */
export function chardev_subsystems_init(): number {
  return workqueue_init() && irq_init() && chrdev_init() ? pci_init() : -ENOMEM
}
