/**
 * start_kernel: everything the boot CPU does before the others may run.
 *
 * Context   the boot CPU, alone; the arena is attached and empty.
 */
import { EINVAL, ENOMEM } from '../base/errno.ts'
import { kernel_init } from '../kernel/init.ts'
import type { SecondOrder } from '../kernel/second_order.ts'
import { strings_init } from '../mem/strings.ts'
import { mdev_init } from '../mdev/init.ts'
import { strategyNamed } from '../mdev/strategies.ts'
import { vfio_init, type VfioOptions } from '../vfio/init.ts'
import { VFIO_VENDOR_DRIVER } from '../vfio/vfio_mdev.ts'
import { cost_init } from './cost.ts'
import { MBOCHS_PARENTS, MBOCHS_UNLOCKED_PARENTS } from './mbochs/mbochs.ts'
import { MDPY_PARENTS } from './mdpy/mdpy.ts'
import { MLX5_SF_PARENTS } from './mlx5_sf/mlx5_sf.ts'
import { MTTY_PARENTS, MTTY_UNLIMITED_PARENTS } from './mtty/mtty.ts'
import { parents_init } from './parents.ts'
import { SYNTHETIC_PARENTS } from './synthetic/synthetic.ts'
import { VFIO_AP_PARENTS } from './vfio_ap/vfio_ap.ts'
import { VGPU_PARENTS } from './vgpu/vgpu.ts'

/** What a machine may choose. */
export interface BootOptions {
  /** Name of the strategy. */
  readonly strategy: string
  /** Kind of parents. */
  readonly driver:
    | 'vgpu'
    | 'mtty'
    | 'mdpy'
    | 'vfio_ap'
    | 'mlx5_sf'
    | 'mbochs'
    | 'mtty-5.13'
    | 'mbochs-5.14'
    | 'synthetic'
  readonly parents: number
  /** False: the locks that are not mdev's own are sharded away (kernel_init). */
  readonly secondOrder: SecondOrder
  /** With devtmpfs among them: microseconds that its thread is busy with one node. Default 0. */
  readonly devtmpfsUs?: number
  /** Devices that the machine is to hold, roughly: how large its hashes are. Default: a few thousand. */
  readonly devices?: number
  /** Seed of the vendors' random costs. */
  readonly seed: number
  /** With vfio: every mdev gets an IOMMU group, a vfio group and its device node, under vfio.group_lock. Default: none of it. */
  readonly vfio?: boolean | VfioOptions
}

const KINDS: Readonly<Record<BootOptions['driver'], number>> = {
  vgpu: VGPU_PARENTS,
  mtty: MTTY_PARENTS,
  mdpy: MDPY_PARENTS,
  vfio_ap: VFIO_AP_PARENTS,
  mlx5_sf: MLX5_SF_PARENTS,
  mbochs: MBOCHS_PARENTS,
  'mtty-5.13': MTTY_UNLIMITED_PARENTS,
  'mbochs-5.14': MBOCHS_UNLOCKED_PARENTS,
  synthetic: SYNTHETIC_PARENTS,
}

/** Boots the kernel with its drivers and parents. Returns 0, -EINVAL for an unknown strategy, or -ENOMEM and the like. */
export function start_kernel(options: BootOptions): number {
  const strategy = strategyNamed(options.strategy)
  if (strategy === undefined) return -EINVAL
  if (!strings_init()) return -ENOMEM
  const { devices = 0, devtmpfsUs = 0, secondOrder } = options
  const ret = kernel_init({ secondOrder, devtmpfsUs, devices })
  if (ret !== 0) return ret
  if (!cost_init(options.seed)) return -ENOMEM
  const { vfio = false, parents, driver } = options
  if (vfio === false) return mdev_init(strategy, devices) || parents_init(KINDS[driver], parents)
  return (
    mdev_init(strategy, devices) ||
    vfio_init(vfio === true ? {} : vfio) ||
    parents_init(KINDS[driver], parents, VFIO_VENDOR_DRIVER)
  )
}
