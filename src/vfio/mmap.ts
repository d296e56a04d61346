/**
 * Mappings of a device's memory by its user, and their revocation: the last resort against a user who does not listen.
 *
 * State     vfio_device.mapping: 0 not mapped, MAPPED, REVOKED.
 * Context   zap: the unregistering task, any time; access: the user.
 * Errors    access answers -EFAULT after the zap: the user gets a SIGBUS.
 * Source    vfio_pci_zap_bars, unmap_mapping_range; thread of March 2019 ("revoke support for mmaps")
 */
import { cmpxchg, READ_ONCE, WRITE_ONCE } from '#access'
import { EBADF, EFAULT } from '../base/errno.ts'
import { vfio_file_object } from './file.ts'
import { vfio_device, VFIO_FILE_DEVICE, type VfioDevice } from './types.ts'

const MAPPING = vfio_device.offset.mapping
const MAPPED = 1
const REVOKED = 2

/** mmap of an open device file. Returns 0 or -EBADF. */
export function vfio_device_fops_mmap(fd: number): number {
  const device = vfio_file_object<'vfio_device'>(fd, VFIO_FILE_DEVICE)
  if (device === 0) return -EBADF
  WRITE_ONCE(device + MAPPING, MAPPED)
  return 0
}

/** The user touches the mapping. Returns 0, -EBADF, or -EFAULT: SIGBUS. */
export function vfio_mapping_touch(fd: number): number {
  const device = vfio_file_object<'vfio_device'>(fd, VFIO_FILE_DEVICE)
  if (device === 0) return -EBADF
  return READ_ONCE(device + MAPPING) === MAPPED ? 0 : -EFAULT
}

/** unmap_mapping_range: whoever touches the mapping from now on faults. */
export function vfio_zap_mapping(device: VfioDevice): void {
  cmpxchg(device + MAPPING, MAPPED, REVOKED)
}
