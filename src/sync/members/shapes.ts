/**
 * What a tool knows of a primitive: nothing else describes one. Each shape is a set of functions on an address, so that a lock of
 * somebody else's over the same memory has the same shape as ours. What a primitive has not is absent, and not tested.
 */
import type { Layout } from '../../mem/layout.ts'

/** What every description has. */
export interface Primitive {
  readonly name: string
  /** What it is, in one line. */
  readonly summary: string
  readonly layout: Layout
  /** Further structs that belong to it. */
  readonly parts?: readonly Layout[]
}

/** Waiting without blocking, as async.ts does it. */
export interface AsyncWait {
  /** Begins to wait. */
  begin(this: void, at: number): void
  /** Returns 0 if it has what it waits for, otherwise what the word at `at + word` holds: it tries again after a change. */
  attempt(this: void, at: number): number
  /** Gives up. */
  giveUp(this: void, at: number): void
  readonly word: number
}

/** A way in and out: of the one owner, or of those that share. */
export interface Side {
  lock(this: void, at: number): void
  unlock(this: void, at: number): void
  tryLock?(this: void, at: number): boolean
  /** Returns 0 or -ETIME. */
  lockFor?(this: void, at: number, ns: number): number
  /** Returns 0, or -EINTR when a signal is pending. */
  lockInterruptible?(this: void, at: number): number
  /** Takes one of several locks of a class inside each other; subclass 0 to 7. */
  lockNested?(this: void, at: number, subclass: number): void
  readonly async?: AsyncWait
}

/** A lock: its own side is the exclusive one. */
export interface Lock extends Primitive, Side {
  /** Name of its torture type, as in locktorture. */
  readonly torture: string
  /** Holders may sleep. */
  readonly sleeps: boolean
  /** Serves in order of arrival, so waits for threads that do not run: contended tests ask less of it. */
  readonly fifo?: boolean
  /** Waiters sleep in slices and look again by themselves. */
  readonly naps?: boolean
  /** It keeps words in the task_struct of those who take it: a memory without tasks will not do. */
  readonly needsTask?: boolean
  /** It tells lockdep nothing, because whoever gives it back need not be who took it. */
  readonly untraced?: boolean
  /** Returns 0 or nothing, or a negative errno. */
  init(this: void, at: number, name: string): number | void
  readonly shared?: Side
  /** The owner becomes one of those that share. */
  downgrade?(this: void, at: number): void
  /** Readers that try again if a writer was there. */
  readonly optimistic?: {
    begin(this: void, at: number): number
    retry(this: void, at: number, start: number): boolean
  }
  /** True if nobody holds it: a hint while it is used. */
  isFree(this: void, at: number): boolean
}

/** A counter of tokens that tasks put and take. */
export interface Tokens extends Primitive {
  /** Words of the counter, with what it needs besides the primitive. */
  readonly words: number
  /** Makes a counter with `n` tokens. */
  init(this: void, at: number, n: number, name: string): void
  put(this: void, at: number): void
  /** Each way takes a token; sleeps if need be. */
  take(this: void, at: number): void
  /** A second way that sleeps until it has one: what exclusive waiters are to plain ones. */
  takeExclusive?(this: void, at: number): void
  takeFor?(this: void, at: number, ns: number): boolean
  takeInterruptible?(this: void, at: number): boolean
  takeExclusiveInterruptible?(this: void, at: number): boolean
  tryTake?(this: void, at: number): boolean
  /** Several at once. */
  takeMany?(this: void, at: number, units: number): void
  /** The same without blocking. */
  asyncMany?(this: void, units: number): AsyncWait
  /** Tokens there; exact at rest. */
  count(this: void, at: number): number
  readonly async?: AsyncWait
}

/** A lock, and a condition to wait for under it. */
export interface Monitor extends Primitive {
  /** Words of both. */
  readonly words: number
  init(this: void, at: number): void
  lock(this: void, at: number): void
  unlock(this: void, at: number): void
  /** Gives the lock back, waits for a signal, for at most `ns`, and has the lock again. Returns 0 or -ETIME. */
  wait(this: void, at: number, ns: number): number
  /** Wakes one waiter. */
  signal(this: void, at: number): void
}

/** What threads come to and go on from when it has happened: all are here, or one of them has done it. */
export interface Meeting extends Primitive {
  /** Makes one for that many threads. */
  init(this: void, at: number, parties: number): void
  pass(this: void, at: number): void
}

/** A reference count that frees an object. */
export interface References extends Primitive {
  /** Boot CPU: makes the count of an object that is free. Returns 0 or a negative errno. */
  init(this: void, at: number): number
  /** A free object gets its first reference. Nobody can find it yet, but somebody may still have its old address. */
  revive(this: void, at: number): void
  /** Adds a reference; the caller has one. */
  get(this: void, at: number): void
  /** Adds a reference unless the object is at its end. */
  tryget(this: void, at: number): boolean
  /** Drops a reference. `release` runs if it was the last and the family frees from there. */
  put(this: void, at: number, release: (at: number) => void): void
  /** Drops the first reference, of an object that nobody can find any more; `release` as for put. */
  retire(this: void, at: number, release: (at: number) => void): void
  /** References at this moment, exact at rest; undefined where nobody can tell. */
  read(this: void, at: number): number
  /** True if a sleeper in retire may go on. */
  isZero(this: void, at: number): boolean
}

/** Readers that never wait, and grace periods that wait for them. */
export interface GracePeriods extends Primitive {
  /** Boot CPU. Returns 0 or a negative errno. */
  init(this: void, at: number, name?: string): number
  readlock(this: void, at: number): number
  readunlock(this: void, at: number, idx: number): void
  /** Readers that end on another CPU. */
  down_read?(this: void, at: number): number
  up_read?(this: void, at: number, cookie: number): void
  sync(this: void, at: number): void
  exp_sync(this: void, at: number): void
  get_gp_state?(this: void, at: number): number
  start_gp_poll?(this: void, at: number): number
  poll_gp_state?(this: void, at: number, cookie: number): boolean
  /** Queues a head with a callback id of srcu_callbacks. Returns 0 or a negative errno. */
  call?(this: void, at: number, head: number, func: number): number
  /** Waits until all callbacks have run. */
  cb_barrier?(this: void, at: number): void
  /** Runs the callbacks that may run. */
  process?(this: void, at: number): void
  /** Grace periods so far. */
  get_gp_seq(this: void, at: number): number
  /** Readers inside, over all CPUs. */
  readers_active(this: void, at: number): number
  /** Ends the domain. Returns '' or what was still going on. */
  cleanup?(this: void, at: number): string
  /** Lines about the counters of each CPU. */
  stats?(this: void, at: number): string
}
