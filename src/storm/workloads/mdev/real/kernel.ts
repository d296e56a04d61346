/**
 * Drives a real tree of sysfs: `open, write, close` on its files, from one thread per CPU. What is behind them is not ours: a
 * mount of the emulation, or a kernel.
 *
 * Rules    a CPU removes only what its own create has made: a uuid that was there before is somebody else's.
 *          Nothing but files named `create` and `remove` is written.
 * Context  system calls: they block this thread for as long as the tree makes them, and no heartbeat tells of it.
 */
import { ENODEV } from '../../../../base/errno.ts'
import { echo } from './echo.ts'
import { createFile, devicesOf, realUuid, removeFile, type RealTree } from './tree.ts'
import type { MdevKernel, StormMachine } from '../kernel.ts'
import type { Operation } from '../operations.ts'

/** What this worker's CPU does now. */
const self = {
  tree: { dir: '', type: '', parents: [], nonce: '' } as RealTree,
  ops: [] as readonly Operation[],
  uuids: [] as readonly string[],
  creates: [] as readonly string[],
  removes: [] as readonly string[],
  made: new Set<string>(),
}

function create(index: number): number {
  const uuid = self.uuids[index] as string
  const ret = echo(self.creates[index] as string, uuid)
  if (ret === 0) self.made.add(uuid)
  return ret
}

function remove(index: number): number {
  const uuid = self.uuids[index] as string
  if (!self.made.has(uuid)) return -ENODEV
  const ret = echo(self.removes[index] as string, '1')
  if (ret === 0) self.made.delete(uuid)
  return ret
}

function prepare(ops: readonly Operation[]): void {
  const { tree } = self
  const files = tree.parents.map((parent) => createFile(tree, parent))
  self.ops = ops
  self.uuids = ops.map(({ uuid }) => realUuid(tree, uuid))
  self.creates = ops.map(({ parent }) => files[parent] as string)
  self.removes = self.uuids.map((uuid) => removeFile(tree.dir, uuid))
}

const nothing = (): number => 0

export const real: MdevKernel = {
  boot: nothing,
  attach({ tree }: StormMachine) {
    if (tree === undefined) throw new Error('a storm of a real tree was told of none')
    self.tree = tree
  },
  arm() {},
  prepare,
  create,
  remove,
  unregister: nothing,
  register: nothing,
  check() {
    const { dir, nonce } = self.tree
    const left = devicesOf(dir).filter((uuid) => uuid.startsWith(nonce)).length
    const broken = left === 0 ? [] : [`devices of this run that are left: ${left}, not 0`]
    return { checked: 1, broken, leaked: left, warned: 0, oopses: [] }
  },
  grab() {},
  work: () => [],
  describe: () => '',
}
