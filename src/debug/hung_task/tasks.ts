/**
 * Tasks as the machine sees them: read from the arena by a thread that runs no kernel code.
 *
 * Invariant   nothing here writes to the arena or waits. Words may change between two reads: whoever concludes
 *             something reads twice (wait_graph.ts).
 */
import { symbolName } from '../../base/symbols.ts'
import { arenaCpus } from '../../mem/arena.ts'
import { commOf } from '../format.ts'
import { BLOCKED_NAMES, TASK_READ_DEPTH, task_of, task_struct } from '../../mem/task.ts'

const AT = task_struct.offset

/** One task_struct, copied. */
export interface Task {
  readonly cpu: number
  readonly pid: number
  readonly comm: string
  /** TASK_RUNNING, TASK_DONE, TASK_DEAD; 0 before it starts. */
  readonly state: number
  readonly heartbeat: number
  readonly op: number
  /** Object of the operation. */
  readonly arg: number
  /** Kernel function that it has last published, '' if none. */
  readonly where: string
  /** Address of what it sleeps on, 0 if it runs. */
  readonly blockedOn: number
  /** One of BLOCKED_*. */
  readonly kind: number
  /** `mutex`, `rwsem (read)`, …; '' if it runs. */
  readonly kindName: string
  /** Addresses of reader locks it holds, as far as they are recorded. */
  readonly reads: readonly number[]
  /** Semaphore that it took last and has not given back, 0 if none. */
  readonly lastDown: number
  /** It sleeps where a signal reaches it. */
  readonly interruptible: boolean
}

/** Task of one CPU. `view` is the whole arena. */
export function readTask(view: Int32Array, cpu: number): Task {
  const task = task_of(cpu)
  const at = (offset: number): number => view[task + offset] ?? 0
  const blockedOn = at(AT.blocked_on)
  const kind = blockedOn === 0 ? 0 : at(AT.blocked_kind)
  const depth = Math.min(Math.max(at(AT.read_depth), 0), TASK_READ_DEPTH)
  return {
    cpu,
    pid: cpu + 1,
    comm: commOf(cpu),
    state: at(AT.state),
    heartbeat: at(AT.heartbeat),
    op: at(AT.op),
    arg: at(AT.op_arg),
    where: symbolName(at(AT.where)),
    blockedOn,
    kind,
    kindName: BLOCKED_NAMES[kind] ?? '',
    lastDown: at(AT.last_down),
    // The first word of wait_node is the word that a signal wakes (sync/park.ts).
    interruptible: at(AT.wait_node) !== 0,
    reads: Array.from({ length: depth }, (_, i) => at(AT.reads + i)),
  }
}

/** All tasks, by CPU. */
export function readTasks(view: Int32Array): Task[] {
  return Array.from({ length: arenaCpus(view) }, (_, cpu) => readTask(view, cpu))
}
