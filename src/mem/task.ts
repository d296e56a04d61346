/**
 * task_struct: one per CPU, at a fixed place in the arena. A CPU runs one task for its whole life, so `current` is a
 * function of the CPU number.
 *
 * Rules   a CPU writes only its own, except `fail_nth` and `stop`, which the machine may set between rounds. Fields are
 *         read by the watchdog at any time, so a reader must expect a value that is just changing.
 */
import * as access from '#access'
import { as, type Addr } from '../base/addr.ts'
import { struct, word, words } from './layout.ts'

// As module constants these are folded into the code; an imported binding is loaded at each use (10 % of a lock).
const current_task = access.current_task
const read = access.read
const smp_processor_id = access.smp_processor_id
const write = access.write

/** Words of one task_struct with its padding: eight cache lines. */
export const TASK_WORDS = 128
const TASK_BASE = 256
/** Reader locks a task records; deeper nesting is not recorded. */
export const TASK_READ_DEPTH = 8

export const task_struct = /* @__PURE__ */ struct('task_struct', {
  /** Counts up as long as the task makes progress: once per operation, never inside a blocking wait. */
  heartbeat: word,
  /** What the task does now: index into the operation names of its workload; 0 idle. */
  op: word,
  /** Operation's object: parent index, device index, … */
  op_arg: word,
  /** Symbol id (base/symbols.ts) of the kernel function it is in; 0 unknown. */
  where: word,
  /** Address of the lock or word it sleeps on; 0 runs. */
  blocked_on: word,
  /** Kind of that lock: one of BLOCKED_*. */
  blocked_kind: word,
  /** fault injection: the n-th fallible call from now fails; 0 off. See fault.ts. */
  fail_nth: word,
  /** Fallible calls made since the counter was last reset. */
  fail_seen: word,
  /** 1: leave at the next convenient point. */
  stop: word,
  /** 1: running, 2: finished, 3: died. */
  state: word,
  /** Number of reader locks held that are recorded in `reads`. */
  read_depth: word,
  /** Addresses of reader locks held, innermost last. */
  reads: words(TASK_READ_DEPTH),
  /** 1: an abortable sleep must end with -EINTR. */
  signal: word,
  /** Node thread id of the worker that runs this CPU. */
  tid: word,
  /** Semaphore that the task took last and has not given back, so that a report can say who likely has its units; 0 none. */
  last_down: word,
  /** Words for values that a C function would keep on its stack, such as a parsed uuid. */
  stack: words(16),
  /** Wait queue and hand-off slots of sync. */
  wait_node: words(16),
})

/** Values of task_struct.state. */
export const TASK_RUNNING = 1
export const TASK_DONE = 2
export const TASK_DEAD = 3

/** Values of task_struct.blocked_kind: what the sleeper sleeps on. */
export const BLOCKED_NAMES = [
  '',
  'spinlock',
  'mutex',
  'rwsem (read)',
  'rwsem (write)',
  'completion',
  'wait queue',
  'srcu grace period',
  'kernfs drain',
  'semaphore',
  'percpu_rwsem',
  'sleep',
  'barrier',
  'refcount drain',
  'rwlock',
  'condition',
  'seqcount',
  'ticket_lock',
  'mcs_lock',
] as const
export const BLOCKED_SPINLOCK = 1
export const BLOCKED_MUTEX = 2
export const BLOCKED_RWSEM_READ = 3
export const BLOCKED_RWSEM_WRITE = 4
export const BLOCKED_COMPLETION = 5
export const BLOCKED_WAIT_QUEUE = 6
export const BLOCKED_SRCU = 7
export const BLOCKED_KERNFS = 8
export const BLOCKED_SEMAPHORE = 9
export const BLOCKED_PERCPU_RWSEM = 10
export const BLOCKED_SLEEP = 11
export const BLOCKED_BARRIER = 12
export const BLOCKED_REFCOUNT = 13
export const BLOCKED_RWLOCK = 14
export const BLOCKED_CONDITION = 15
export const BLOCKED_SEQCOUNT = 16
export const BLOCKED_TICKET = 17
export const BLOCKED_MCS = 18

/** task_struct of a CPU. */
export function task_of(cpu: number): Addr<'task_struct'> {
  return as(TASK_BASE + cpu * TASK_WORDS)
}

/** task_struct of the running CPU; NULL in a plain memory that has no tasks. */
export function current(): Addr<'task_struct'> {
  return as(current_task())
}

/** Small number that names the running task in owner words: CPU number + 1, so that 0 can mean nobody. */
export function current_id(): number {
  return smp_processor_id() + 1
}

// Numbers, and not task_struct.offset: locks in a plain memory, which has no tasks, come without the struct. A test compares them.
const WHERE = 3
const BLOCKED_ON = 4
const BLOCKED_KIND = 5
const READ_DEPTH = 10
const READS = 11
/** Offset of `signal`. */
export const SIGNAL = 19
const LAST_DOWN = 21
/** Offset of `wait_node`. */
export const WAIT_NODE = 38
/** For that test. */
export const TASK_OFFSETS: Readonly<Record<string, number>> = {
  where: WHERE,
  blocked_on: BLOCKED_ON,
  blocked_kind: BLOCKED_KIND,
  read_depth: READ_DEPTH,
  reads: READS,
  signal: SIGNAL,
  last_down: LAST_DOWN,
  wait_node: WAIT_NODE,
}

/** Publishes what the task is going to sleep on. Slow paths only. */
export function set_blocked(lock: number, kind: number): void {
  if (!access.has_tasks) return
  const task = current()
  if (task === 0) return
  write(task + BLOCKED_KIND, kind)
  write(task + BLOCKED_ON, lock)
}

/** The task runs again. */
export function clear_blocked(): void {
  if (!access.has_tasks) return
  const task = current()
  if (task !== 0) write(task + BLOCKED_ON, 0)
}

/** Publishes the kernel function the task is in, as a symbol id. One plain store. */
export function set_where(symbol: number): void {
  write(current() + WHERE, symbol)
}

/** Records a reader lock, so that a report can say who holds it: reader counts have no owner. */
export function push_read(lock: number): void {
  // So small that the engine always inlines it: a lock in a plain memory pays for no more.
  if (access.has_tasks) remember_read(lock)
}

function remember_read(lock: number): void {
  const task = current_task()
  if (task === 0) return
  const depth = read(task + READ_DEPTH)
  write(task + READ_DEPTH, depth + 1)
  // Deeper than the record: the oldest is overwritten, and the innermost is right.
  write(task + READS + (depth & (TASK_READ_DEPTH - 1)), lock)
}

/** Forgets the reader lock, wherever it is in the record. */
export function pop_read(lock: number): void {
  if (access.has_tasks) forget_read(lock)
}

function forget_read(lock: number): void {
  const task = current_task()
  if (task === 0) return
  const depth = read(task + READ_DEPTH) - 1
  write(task + READ_DEPTH, depth)
  if (read(task + READS + (depth & (TASK_READ_DEPTH - 1))) !== lock) forget_older(task, lock, depth)
}

/** Records the semaphore that the task has just taken units of. One of them: the last. */
export function note_down(sem: number): void {
  if (!access.has_tasks) return
  const task = current_task()
  if (task !== 0) write(task + LAST_DOWN, sem)
}

/** The task gives units back: forgets the semaphore if it is the one that is recorded. */
export function note_up(sem: number): void {
  if (!access.has_tasks) return
  const task = current_task()
  if (task !== 0 && read(task + LAST_DOWN) === sem) write(task + LAST_DOWN, 0)
}

function forget_older(task: number, lock: number, depth: number): void {
  const recorded = Math.min(depth + 1, TASK_READ_DEPTH)
  for (let i = recorded - 1; i >= 0; i--) {
    if (read(task + READS + i) !== lock) continue
    for (let j = i; j < recorded - 1; j++) write(task + READS + j, read(task + READS + j + 1))
    return
  }
}
