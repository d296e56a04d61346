/**
 * The machine behind a mount as it is now, for who looks at runs. Loaded when somebody does: it reads what detectors keep, and the
 * fast build carries none of them.
 */
import { sysfs_root } from '../kernel/index.ts'
import { seeLocks, seeTasks } from '../machine/look.ts'
import { describeNode, nodePath } from '../machine/mdev_names.ts'
import type { SeenMachine } from '../machine/published.ts'
import { registeredKnowledge } from '../machine/see.ts'
import { KINDS } from './answers.ts'
import { FUSE_ROOT_ID, FUSE_WRITE } from './protocol.ts'

/** `write /sys/bus/mdev/devices/…/remove`; '' for nothing. A look-up names the directory in which it looks. */
function doing(opcode: number, node: number): string {
  if (opcode === 0) return ''
  const path = nodePath(node === FUSE_ROOT_ID ? sysfs_root() : node)
  return `${KINDS.get(opcode)?.name ?? `request ${opcode}`} ${path}`.trimEnd()
}

/** A mount as it is now, with so many CPUs. This thread must be attached to its arena, which is `view`. */
export function seeMount(name: string, cpus: number, view: Int32Array): SeenMachine {
  const knowledge = registeredKnowledge(describeNode)
  const tasks = seeTasks(view, knowledge)
    .slice(0, cpus)
    .map((task) => ({ ...task, doing: doing(task.op, task.arg) }))
  const creates = tasks.filter((task) => task.op === FUSE_WRITE && task.doing.endsWith('/create')).length
  return { name, active: true, tasks, locks: seeLocks(view, knowledge), creates }
}
