/**
 * Tracepoints, fast build: empty functions that V8 inlines away. Kernel code imports `#trace`; the `checked` condition
 * maps the same names to trace.checked.ts, which tells the installed observers.
 *
 * `lock` is always the address of the lock word structure; locks carry their class in their `dep_map` word, written by
 * `trace_lock_init`. `mode`: LOCK_WRITE excludes everybody, LOCK_READ excludes writers and is not recursive,
 * LOCK_READ_RECURSIVE may nest.
 */
export const LOCK_WRITE = 0
export const LOCK_READ = 1
export const LOCK_READ_RECURSIVE = 2

/** Kind of a lock: it sleeps, and must not be taken where sleeping is forbidden. */
export const LOCK_SLEEPS = 0
/** It spins: its holder must not sleep. */
export const LOCK_SPINS = 1
/** Not a lock in memory but something that orders like one, such as an active reference; may be held anywhere. */
export const LOCK_MAP = 2
/** The read side of SRCU: its readers order nothing unless the update side is checked too. */
export const LOCK_SRCU = 3

/**
 * A lock is initialised. `dep_map` is the address of the word that will name its class, `name` the init site's text
 * (`&parent->lock`), `kind` one of LOCK_SLEEPS, LOCK_SPINS, LOCK_MAP, LOCK_SRCU.
 */
export function trace_lock_init(
  _lock: number,
  _dep_map: number,
  _name: string,
  _kind: number = LOCK_SLEEPS,
): void {}
/** Locks of this `dep_map` are taken in no order that could be checked (device_lock): lockdep shows but does not check them. */
export function lockdep_set_novalidate_class(_dep_map: number): void {}
/** A task is about to take the lock (`trylock`: has just got it without waiting). `nest`: the outer lock that orders this one, or 0. */
export function trace_lock_acquire(
  _lock: number,
  _dep_map: number,
  _subclass: number,
  _trylock: boolean,
  _mode: number,
  _nest: number,
): void {}
/** The fast path failed: the task will spin or sleep. */
export function trace_lock_contended(_lock: number): void {}
/** The task has the lock. */
export function trace_lock_acquired(_lock: number): void {}
/** The task gives the lock up. */
export function trace_lock_release(_lock: number, _dep_map: number = 0): void {}
/** The writer became a reader without letting go. */
export function trace_lock_downgrade(_lock: number): void {}
/** The task waits for all readers of `lock` without taking it (synchronize_srcu). */
export function trace_lock_sync(_lock: number, _dep_map: number): void {}
/** Checks as if the lock were taken and given up here: put it where a rare path would take it. */
export function might_lock(_lock: number, _dep_map: number, _mode: number = LOCK_WRITE): void {}
/** Lock checking stops for this task, until lockdep_on. Nests. */
export function lockdep_off(): void {}
/** Ends lockdep_off. */
export function lockdep_on(): void {}
/** Code that may sleep starts here. */
export function might_sleep(): void {}
/** The caller must hold `lock` in `mode` (-1: any). */
export function lockdep_assert_held(_lock: number, _mode: number = -1): void {}
/** The caller must not hold `lock`. */
export function lockdep_assert_not_held(_lock: number): void {}
/** The caller must hold no lock at all. */
export function lockdep_assert_none_held(): void {}
/** RCU is used wrongly if `wrong`: `message` ends up in a "suspicious RCU usage" report, once per call site. */
export function RCU_LOCKDEP_WARN(_wrong: boolean, _message: string): void {}
/** A pointer is read that only a reader of the SRCU domain `lock` may follow. */
export function trace_srcu_dereference(_lock: number): void {}
/** A system call returns to user space. */
export function trace_sys_exit(): void {}
/** The task ends. */
export function trace_task_exit(): void {}

/** An object came out of an allocator. */
export function trace_alloc(_addr: number, _words: number, _cache: string): void {}
/** An object went back to its allocator. */
export function trace_free(_addr: number, _words: number, _cache: string): void {}

/** Fresh memory of an allocator: none of it may be touched until trace_alloc hands a part of it out. */
export function trace_slab(_addr: number, _words: number): void {}
/** Words that an allocator leaves free behind each object of a new cache, so that a checker sees who runs into them. */
export function trace_redzone(): number {
  return 0
}
/** Asked after trace_free: true if a checker keeps the object for a while and will give it back by itself. */
export function trace_quarantine(_cache: number, _object: number): boolean {
  return false
}
/** The allocator is about to touch the insides of free objects. Nests. */
export function kasan_disable_current(): void {}
/** Ends kasan_disable_current. */
export function kasan_enable_current(): void {}

/** An object of class `kind` is made or found in `memory`; `name` is that of a part of the layout with that mark, '' for none. */
export function trace_place(
  _memory: Int32Array,
  _address: number,
  _words: number,
  _kind: string,
  _name: string,
  _layout: number,
): void {}
/** What is taken between true and false is taken by an asynchronous task, not by the thread. */
export function trace_async(_on: boolean): void {}
/** Names a moment for schedules and traces: `trace_point('mdev_device_create:placeholder')`. */
export function trace_point(_name: string): void {}
/** A kernel function starts; pairs with trace_leave. For ladders and call traces. */
export function trace_enter(_symbol: string): void {}
/** The function of the matching trace_enter ends. */
export function trace_leave(_symbol: string): void {}
