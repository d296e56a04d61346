/**
 * vfio_ap: crypto adapters of a mainframe for guests. One parent, `matrix`; a device's own state, its matrix_mdev, hangs on
 * the driver word of the mdev.
 *
 * Invariant   the driver word of an mdev is its matrix_mdev between the end of create and the start of remove. Whoever opens
 *             the device before that follows NULL: the example of problem 1 in the thread of 2019.
 * Context     process; may sleep (the declared cost).
 * Errors      create: -EPERM when all instances are in use, -ENOMEM. remove: -EBUSY while a guest uses the device, and then
 *             it frees nothing: if the core goes on all the same, the matrix_mdev and its instance are lost.
 * Source      drivers/s390/crypto/vfio_ap_ops.c, by behaviour
 */
import { cmpxchg, fetch_add, read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { trace_enter, trace_leave } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { EBUSY, ENOMEM, EPERM } from '../../base/errno.ts'
import { oops } from '../../kernel/oops.ts'
import { should_fail } from '../../mem/fault.ts'
import { ptr, struct, word } from '../../mem/layout.ts'
import { kmem_cache_create, kmem_cache_free, kmem_cache_zalloc } from '../../mem/slab.ts'
import { mdev_get_drvdata, mdev_set_drvdata } from '../../mdev/core.ts'
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { COST_CREATE, COST_REMOVE, vendor_cost } from '../cost.ts'
import { parent_kinds } from '../parents.ts'

/** Devices that can be made: AP_MATRIX max_zdev_id. */
export const AP_INSTANCES = 65536

/** The driver's object. */
const ap_matrix_dev = struct('ap_matrix_dev', {
  /** available_instances. Atomic. */
  available: word,
  cache: ptr('kmem_cache'),
})

/** What a device has of its own. */
const ap_matrix_mdev = struct('ap_matrix_mdev', {
  /** 1 while a guest uses the device. */
  kvm: word,
  mdev: ptr('mdev_device'),
})
const { available: AVAILABLE, cache: CACHE } = ap_matrix_dev.offset
const { kvm: KVM, mdev: MDEV } = ap_matrix_mdev.offset

/** matrix_mdev of an mdev, for who is about to follow it. */
function matrix_mdev_of(mdev: Addr<'mdev_device'>): number {
  const matrix = mdev_get_drvdata(mdev)
  // In the words of its day: f28b11a2abd9, after the mails, changed them.
  if (matrix === 0) oops('BUG: unable to handle kernel NULL pointer dereference at', KVM, as(0), 1)
  return matrix
}

/** atomic_dec_if_positive. Returns false if none is left. */
function take_instance(data: number): boolean {
  for (;;) {
    const left = READ_ONCE(data + AVAILABLE)
    if (left <= 0) return false
    if (cmpxchg(data + AVAILABLE, left, left - 1) === left) return true
  }
}

function vfio_ap_mdev_create(mdev: Addr<'mdev_device'>, data: number): number {
  if (should_fail()) return -ENOMEM
  if (!take_instance(data)) return -EPERM
  const matrix = kmem_cache_zalloc(as<'kmem_cache'>(read(data + CACHE)), ap_matrix_mdev)
  if (matrix === 0) {
    fetch_add(data + AVAILABLE, 1)
    return -ENOMEM
  }
  vendor_cost(COST_CREATE)
  write(matrix + MDEV, mdev)
  mdev_set_drvdata(mdev, matrix)
  return 0
}

function vfio_ap_mdev_remove(mdev: Addr<'mdev_device'>, data: number): number {
  const matrix = matrix_mdev_of(mdev)
  if (READ_ONCE(matrix + KVM) !== 0) return -EBUSY
  vendor_cost(COST_REMOVE)
  mdev_set_drvdata(mdev, 0)
  kmem_cache_free(as(read(data + CACHE)), ap_matrix_mdev, matrix)
  fetch_add(data + AVAILABLE, 1)
  return 0
}

function vfio_ap_mdev_open(mdev: Addr<'mdev_device'>): number {
  trace_enter('vfio_ap_mdev_open')
  WRITE_ONCE(matrix_mdev_of(mdev) + KVM, 1)
  trace_leave('vfio_ap_mdev_open')
  return 0
}

function vfio_ap_mdev_release(mdev: Addr<'mdev_device'>): void {
  trace_enter('vfio_ap_mdev_release')
  WRITE_ONCE(matrix_mdev_of(mdev) + KVM, 0)
  trace_leave('vfio_ap_mdev_release')
}

const vfio_ap_ops: VendorOps = {
  name: 'vfio_ap',
  types: [
    { sysfs_name: 'passthrough', name: 'VFIO AP Passthrough Device', description: '', device_api: 'vfio-ap' },
  ],
  create: (mdev, data) => vfio_ap_mdev_create(mdev, data),
  remove: (mdev, data) => vfio_ap_mdev_remove(mdev, data),
  available: (data) => READ_ONCE(data + AVAILABLE),
  open: vfio_ap_mdev_open,
  release: vfio_ap_mdev_release,
}

/** Id of vfio_ap's operations. */
const VFIO_AP_OPS: number = vendors.define('vfio_ap', vfio_ap_ops)

/** The matrix device as a parent. */
export const VFIO_AP_PARENTS: number = parent_kinds.define('vfio_ap', {
  ops: VFIO_AP_OPS,
  dataWords: ap_matrix_dev.words,
  init(data) {
    WRITE_ONCE(data + AVAILABLE, AP_INSTANCES)
    write(data + CACHE, kmem_cache_create(ap_matrix_mdev))
  },
  deviceName: (index) => (index === 0 ? 'matrix' : `matrix${index}`),
})
