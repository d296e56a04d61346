/**
 * Second-order serialisation: locks that unrelated devices meet on when the mdev core's own are gone. Each can be taken out, to
 * see what it costs.
 *
 *   kernfs     one lock for the whole tree of sysfs                         else one per directory shard
 *   uevent     uevent_sock_mutex                                            else events are numbered without it
 *   lists      lists of ksets, buses and drivers, symlink targets           else sharded, or not kept
 *   vfio       vfio.group_lock, held across a whole device_add              else one per group
 *   devtmpfs   the one thread that makes device nodes, and whom each maker of a node waits for. Not among the kernel's locks
 *              unless it is named: here a queue with a declared time per node (devtmpfs.ts)
 */
export const SECOND_ORDER_LOCKS = ['kernfs', 'uevent', 'lists', 'vfio', 'devtmpfs'] as const
export type SecondOrderLock = (typeof SECOND_ORDER_LOCKS)[number]

/** True: the kernel's locks, all but devtmpfs. False: none. Or those named. */
export type SecondOrder = boolean | readonly SecondOrderLock[]

const USUAL: readonly SecondOrderLock[] = ['kernfs', 'uevent', 'lists', 'vfio']

/** Bit of a lock in the word that says which are there. */
export function lock_bit(lock: SecondOrderLock): number {
  return 1 << SECOND_ORDER_LOCKS.indexOf(lock)
}

/** The bits of a choice. */
export function second_order_bits(choice: SecondOrder): number {
  const locks = choice === true ? USUAL : choice === false ? [] : choice
  return locks.reduce((bits, lock) => bits | lock_bit(lock), 0)
}
