/**
 * A VFIO user: the program of the recorded session, which opens a container, a group and a device, and closes them.
 */
import { as, type Addr } from '../base/addr.ts'
import { dev_name } from '../kernel/device/device.ts'
import { alloc_boot } from '../mem/arena.ts'
import { eventfd, eventfd_init } from '../vfio/request.ts'
import { VFIO_TYPE1_IOMMU } from '../vfio/container.ts'
import {
  vfio_fops_open,
  vfio_fops_release,
  vfio_group_fops_release,
  vfio_group_open,
  vfio_ioctl_group_status,
  vfio_ioctl_set_container,
  vfio_ioctl_set_iommu,
} from '../vfio/user.ts'
import {
  vfio_device_fops_release,
  vfio_device_irq_count,
  vfio_device_set_req_irq,
  VFIO_PCI_REQ_IRQ_INDEX,
  vfio_group_get_device_fd,
} from '../vfio/user_device.ts'
import type { Answer } from './case.ts'
import { answer, objectOf, okOr } from './files.ts'
import { onBus } from './recorded/places.ts'

/** A VFIO user with at most one container, group and device open. */
export class VfioUser {
  #container = 0
  #group = 0
  #device = 0

  /** Does one thing by its name. What the emulation does not have is answered as such. */
  call(name: string, arg: string): Answer {
    switch (name) {
      case 'open /dev/vfio':
        return this.#openGroup(Number(arg))
      case 'group flags':
        return vfio_ioctl_group_status(this.#group)
      case 'SET_CONTAINER':
        this.#container = vfio_fops_open()
        return okOr(vfio_ioctl_set_container(this.#group, this.#container))
      case 'SET_IOMMU':
        return okOr(vfio_ioctl_set_iommu(this.#container, VFIO_TYPE1_IOMMU))
      case 'GET_DEVICE_FD':
        return this.#openDevice(arg)
      case 'irqs of index':
        return answer(vfio_device_irq_count(this.#device, Number(arg)))
      case 'SET_IRQS for requests':
        return this.#setRequests()
      case 'open device':
        return this.#openAll(arg)
      case 'close device':
        return this.#close()
      default:
        return 'no such call'
    }
  }

  #openGroup(n: number): Answer {
    const fd = vfio_group_open(n)
    if (fd > 0) this.#group = fd
    return okOr(fd)
  }

  #openDevice(uuid: string): Answer {
    const name: Addr<'qstr'> = dev_name(as(objectOf(onBus(uuid))))
    this.#device = vfio_group_get_device_fd(this.#group, name)
    return okOr(this.#device)
  }

  #setRequests(): Answer {
    const trigger = as<'eventfd'>(alloc_boot(eventfd.words))
    eventfd_init(trigger)
    return okOr(vfio_device_set_req_irq(this.#device, VFIO_PCI_REQ_IRQ_INDEX, trigger))
  }

  /** All of the above, in the group of the only device. */
  #openAll(uuid: string): Answer {
    const steps: [string, string][] = [
      ['open /dev/vfio', '0'],
      ['SET_CONTAINER', ''],
      ['SET_IOMMU', ''],
      ['GET_DEVICE_FD', uuid],
      ['SET_IRQS for requests', ''],
    ]
    for (const [name, arg] of steps) {
      const got = this.call(name, arg)
      if (got !== 'ok') return `${name}: ${String(got)}`
    }
    return 'ok'
  }

  /** Closes the device, the group and the container. */
  #close(): Answer {
    const closed =
      vfio_device_fops_release(this.#device) ||
      vfio_group_fops_release(this.#group) ||
      vfio_fops_release(this.#container)
    return okOr(closed)
  }
}
