/**
 * The smallest vendor: one type, no resource, no cost. What it cannot race with is not in the way of a search.
 */
import { vendors, type VendorOps } from '../../mdev/driver.ts'
import { parent_kinds } from '../../drivers/parents.ts'

const ops: VendorOps = {
  name: 'tiny',
  types: [{ sysfs_name: '1', name: 'tiny', description: '', device_api: 'vfio-pci' }],
  create: () => 0,
  remove: () => 0,
  available: () => 1,
}

/** Parents of the models: tiny0, tiny1, … */
export const TINY_PARENTS: number = parent_kinds.define('tiny', {
  ops: vendors.define('tiny', ops),
  dataWords: 0,
  init() {},
  deviceName: (index) => `tiny${index}`,
})
