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
  begin(at: number): void
  /** Returns 0 if it has what it waits for, otherwise what the word at `at + word` holds: it tries again after a change. */
  attempt(at: number): number
  /** Gives up. */
  giveUp(at: number): void
  readonly word: number
}

/** A way in and out: of the one owner, or of those that share. */
export interface Side {
  lock(at: number): void
  unlock(at: number): void
  tryLock?(at: number): boolean
  /** Returns 0 or -ETIME. */
  lockFor?(at: number, ns: number): number
  /** Returns 0, or -EINTR when a signal is pending. */
  lockInterruptible?(at: number): number
  /** Takes one of several locks of a class inside each other; subclass 0 to 7. */
  lockNested?(at: number, subclass: number): void
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
  /** Returns 0 or nothing, or a negative errno. */
  init(at: number, name: string): number | void
  readonly shared?: Side
  /** The owner becomes one of those that share. */
  downgrade?(at: number): void
  /** Readers that try again if a writer was there. */
  readonly optimistic?: { begin(at: number): number; retry(at: number, start: number): boolean }
  /** True if nobody holds it: a hint while it is used. */
  isFree(at: number): boolean
}

/** A counter of tokens that tasks put and take. */
export interface Tokens extends Primitive {
  /** Words of the counter, with what it needs besides the primitive. */
  readonly words: number
  /** Makes a counter with `n` tokens. */
  init(at: number, n: number, name: string): void
  put(at: number): void
  /** Each way takes a token; sleeps if need be. */
  take(at: number): void
  /** A second way that sleeps until it has one: what exclusive waiters are to plain ones. */
  takeExclusive?(at: number): void
  takeFor?(at: number, ns: number): boolean
  takeInterruptible?(at: number): boolean
  takeExclusiveInterruptible?(at: number): boolean
  tryTake?(at: number): boolean
  /** Several at once. */
  takeMany?(at: number, units: number): void
  /** Tokens there; exact at rest. */
  count(at: number): number
  readonly async?: AsyncWait
}

/** A reference count that frees an object. */
export interface References extends Primitive {
  /** Boot CPU: makes the count of an object that is free. Returns 0 or a negative errno. */
  init(at: number): number
  /** A free object gets its first reference. Nobody can find it yet, but somebody may still have its old address. */
  revive(at: number): void
  /** Adds a reference; the caller has one. */
  get(at: number): void
  /** Adds a reference unless the object is at its end. */
  tryget(at: number): boolean
  /** Drops a reference. `release` runs if it was the last and the family frees from there. */
  put(at: number, release: (at: number) => void): void
  /** Drops the first reference, of an object that nobody can find any more; `release` as for put. */
  retire(at: number, release: (at: number) => void): void
  /** References at this moment, exact at rest; undefined where nobody can tell. */
  read(at: number): number
  /** True if a sleeper in retire may go on. */
  isZero(at: number): boolean
}

/** Readers that never wait, and grace periods that wait for them. */
export interface GracePeriods extends Primitive {
  /** Boot CPU. Returns 0 or a negative errno. */
  init(at: number): number
  readlock(at: number): number
  readunlock(at: number, idx: number): void
  /** Readers that end on another CPU. */
  down_read?(at: number): number
  up_read?(at: number, cookie: number): void
  sync(at: number): void
  exp_sync(at: number): void
  get_gp_state?(at: number): number
  start_gp_poll?(at: number): number
  poll_gp_state?(at: number, cookie: number): boolean
  /** Queues a head with a callback id of srcu_callbacks. Returns 0 or a negative errno. */
  call?(at: number, head: number, func: number): number
  /** Waits until all callbacks have run. */
  cb_barrier?(at: number): void
  /** Runs the callbacks that may run. */
  process?(at: number): void
  /** Grace periods so far. */
  get_gp_seq(at: number): number
  /** Readers inside, over all CPUs. */
  readers_active(at: number): number
  /** Ends the domain. Returns '' or what was still going on. */
  cleanup?(at: number): string
  /** Lines about the counters of each CPU. */
  stats?(at: number): string
}
