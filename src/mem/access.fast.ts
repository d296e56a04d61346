/**
 * Access to shared memory, fast build. Kernel code imports `#access` and nothing else touches Atomics; the `checked`
 * condition maps the same names to access.checked.ts, where observers listen and the explorer schedules.
 *
 * Memory   one Int32Array per thread over the arena. Addresses are word indices, 0 is NULL.
 * Order    ECMAScript has two orders only. READ_ONCE, WRITE_ONCE and all read-modify-writes are sequentially
 *          consistent; read and write are plain and must be ordered by a lock or by a marked access.
 * Cost     each function inlines to the bare Atomics call (bench: access/…).
 */
import { OWNER_SHIFT } from '../base/constants.ts'
import { impersonate, impersonated, now_ns, threadNumber } from './host.ts'

let i32: Int32Array = new Int32Array(0)
let cpu = 0
let owner = 0
let task = 0
let home = i32
let homeCpu = 0
let homeTask = 0

/**
 * True once this thread has been attached to a machine, whose CPUs have tasks. Bundlers see that nothing sets it in a program without a
 * machine, and leave out what is done for tasks.
 */
export let has_tasks = false

/** futex_wait: woken by futex_wake. */
export const FUTEX_WOKEN = 0
/** futex_wait: the word did not hold the expected value, nothing slept. */
export const FUTEX_MISMATCH = 1
/** futex_wait: the time-out passed. */
export const FUTEX_TIMEDOUT = 2

/** Which build this is. */
export const CHECKED = false

/**
 * Makes `view` the memory of this thread. Once per thread, before any kernel code.
 * @param id CPU number, 0-based
 * @param taskAddr address of this CPU's task_struct
 */
export function attach(view: Int32Array, id: number, taskAddr: number): void {
  home = view
  homeCpu = id
  homeTask = taskAddr
  has_tasks = true
  enter(view, id, taskAddr)
}

/**
 * Switches this thread to another memory, for library objects that each bring their own SharedArrayBuffer. Such a
 * memory has no task_structs: `current_task` is 0 there, nothing is published for a watchdog, and the CPU number is the
 * thread's number, which no two threads of the memory share (host.ts). Throws a ThreadNumberError if the thread has none.
 */
export function bind(view: Int32Array): void {
  if (i32 === view) return
  if (view === home) enter(view, homeCpu, homeTask)
  else enter(view, threadNumber(view), 0)
}

/** Ends bind: this thread's own memory again, if it has been attached to one. */
export function unbind(): void {
  if (homeTask !== 0 && i32 !== home) enter(home, homeCpu, homeTask)
}

/**
 * From now on this thread acts as another one wherever a memory is bound, also in the one that is bound now: for a tool that runs
 * the bodies of several threads in one. It says so again whenever another body goes on; `undefined` ends it.
 * @param relaxed takes the place of the turns of spin loops, which wait for a thread that does not run meanwhile
 */
export function act_as(thread: number | undefined, relaxed?: () => void): void {
  impersonate(thread)
  relax = relaxed ?? pause
  if (task === 0 && i32.length > 0) enter(i32, threadNumber(i32), 0)
}

/** The memory that this thread was attached to, whatever is bound now; without words if it never was. */
export function home_memory(): Int32Array {
  return home
}

function enter(view: Int32Array, id: number, taskAddr: number): void {
  i32 = view
  cpu = id
  owner = (id + 1) << OWNER_SHIFT
  task = taskAddr
}

/** The memory this thread is attached to. For boot code and readers outside the kernel. */
export function memory(): Int32Array {
  return i32
}

/** Number of the CPU that runs this code, 0-based; in a memory that is bound, the thread's number. */
export function smp_processor_id(): number {
  return cpu
}

/** What the running CPU writes into the word of a lock that it holds: its number + 1, above OWNER_SHIFT bits of flags. */
export function current_owner(): number {
  return owner
}

/** Address of the running task_struct, 0 in a memory without tasks. */
export function current_task(): number {
  return task
}

/** Plain load. The word must be guarded by a lock held here, or private to this CPU. */
export function read(a: number): number {
  return i32[a] as number
}

/**
 * Plain load that races on purpose: any value the word had lately will do. Costs what `read` costs; the checked build
 * treats it as a marked access, so that neither the race detector nor the explorer is misled.
 */
export function data_race(a: number): number {
  // A tool that runs the bodies of several threads watches plain accesses, and would take it for a race of theirs.
  return impersonated === undefined ? (i32[a] as number) : Atomics.load(i32, a)
}

/** Plain store. Same condition as `read`. */
export function write(a: number, v: number): void {
  i32[a] = v
}

/** Marked load, sequentially consistent: smp_load_acquire and more. */
export function READ_ONCE(a: number): number {
  return Atomics.load(i32, a)
}

/** Marked store, sequentially consistent: smp_store_release and more. */
export function WRITE_ONCE(a: number, v: number): void {
  Atomics.store(i32, a, v)
}

/** Stores `v` if the word holds `old`. Returns what it held: success if that equals `old`. */
export function cmpxchg(a: number, old: number, v: number): number {
  return Atomics.compareExchange(i32, a, old, v)
}

/** Stores `v`, returns what the word held. */
export function xchg(a: number, v: number): number {
  return Atomics.exchange(i32, a, v)
}

/** Adds `d`, returns the value before. Wraps at 32 bits. */
export function fetch_add(a: number, d: number): number {
  return Atomics.add(i32, a, d)
}

/** Subtracts `d`, returns the value before. Wraps at 32 bits. */
export function fetch_sub(a: number, d: number): number {
  return Atomics.sub(i32, a, d)
}

/** Ors `bits` in, returns the value before. */
export function fetch_or(a: number, bits: number): number {
  return Atomics.or(i32, a, bits)
}

/** Ands with `bits`, returns the value before. */
export function fetch_and(a: number, bits: number): number {
  return Atomics.and(i32, a, bits)
}

/**
 * Sleeps until woken, if the word holds `seen` at the moment of going to sleep.
 * @param timeoutNs longest sleep in nanoseconds; Infinity sleeps for ever. The shortest real sleep is some 65 µs.
 * @returns FUTEX_WOKEN, FUTEX_MISMATCH or FUTEX_TIMEDOUT
 */
export function futex_wait(a: number, seen: number, timeoutNs: number = Infinity): number {
  const result = Atomics.wait(i32, a, seen, timeoutNs / 1e6)
  return result === 'ok' ? FUTEX_WOKEN : result === 'not-equal' ? FUTEX_MISMATCH : FUTEX_TIMEDOUT
}

/** Wakes up to `n` sleepers of the word in FIFO order. Costs a process-wide mutex: call it only if somebody waits. */
export function futex_wake(a: number, n: number): number {
  return Atomics.notify(i32, a, n)
}

// Node 20 has no Atomics.pause; later versions spend 25 ns in it, which is what a polite spin wants.
const pause: (() => void) | undefined = (Atomics as { pause?: () => void }).pause
let relax = pause

/** One turn of a spin loop. Put it in every loop that polls memory: the explorer needs it to see the loop. */
export const cpu_relax = (): void => relax?.()

/** Polls, each with a cpu_relax, that a spin may last before its thread should sleep: 1 to 3 µs in either kind of Node. */
export const SPIN_POLLS = pause === undefined ? 300 : 64
/**
 * Polls of whoever waits for a reader-writer semaphore. A CPU of a machine polls for as long as a sleep and its wake-up cost, some 10 to
 * 30 µs: sections of the kernel last a few microseconds, and where more CPUs than cores take one semaphore many times in a row, each
 * sleep makes the next of them likelier. With a tenth of these polls every sixth remove of a storm of 8 CPUs on 2 cores waited for a
 * millisecond. Other threads poll as for any lock: one writer beside many busy readers gets a tenth of its turns if all poll so long.
 */
export let LONG_POLLS = SPIN_POLLS

/** This thread is a CPU of a machine and polls as one: see LONG_POLLS. */
export function poll_as_cpu(): void {
  LONG_POLLS = 10 * SPIN_POLLS
}

/** Monotonic clock in nanoseconds, the same on every thread. Costs some 30 ns. */
export function ktime_get_ns(): number {
  return now_ns()
}
