/**
 * devtmpfs: one thread makes and removes the nodes of all devices, and each maker waits until his is done. Here the thread is a
 * queue: a mutex, under which the declared time of a node passes.
 *
 * Context   sleeps. Nothing is taken under the queue.
 * Source    drivers/base/devtmpfs.c
 */
import { cpu_relax, ktime_get_ns, read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { alloc_boot, embed, rootAddr, struct, word } from '../../mem/index.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'

const devtmpfs_globals = struct('devtmpfs_globals', {
  queue: embed(mutex),
  /** Microseconds that the thread is busy with one node. Constant after boot. */
  node_us: word,
})
const ROOT = rootAddr('devtmpfs')
const US = devtmpfs_globals.offset.node_us
const NS_PER_US = 1000

/** Starts the thread. Boot CPU only; without it nodes cost nothing. Returns false when the arena is full. */
export function devtmpfs_init(nodeUs: number): boolean {
  const g = alloc_boot(devtmpfs_globals.words)
  if (g === 0) return false
  mutex_init(as(g), 'devtmpfs')
  write(g + US, nodeUs)
  write(ROOT, g)
  return true
}

/** devtmpfs_create_node, devtmpfs_delete_node: returns when the thread has done it. */
export function devtmpfs_submit(): void {
  const g: Addr<'mutex'> = as(read(ROOT))
  if (g === 0) return
  mutex_lock(g)
  const end = ktime_get_ns() + read(g + US) * NS_PER_US
  while (ktime_get_ns() < end) cpu_relax()
  mutex_unlock(g)
}
