/**
 * What a detector implements. In the checked build each tracepoint calls the installed observers in order; an observer
 * that does not implement an event costs nothing for it. lockdep, lock_stat, the memory and race checkers, the event
 * recorder and the explorer are observers.
 */
export interface Observer {
  readonly name: string
  lockInit?(lock: number, depMap: number, name: string, kind: number): void
  lockNovalidate?(depMap: number): void
  lockAcquire?(
    lock: number,
    depMap: number,
    subclass: number,
    trylock: boolean,
    mode: number,
    nest: number,
  ): void
  lockContended?(lock: number): void
  lockAcquired?(lock: number): void
  /** `depMap` is 0 where the caller does not say. */
  lockRelease?(lock: number, depMap: number): void
  lockDowngrade?(lock: number): void
  lockSync?(lock: number, depMap: number): void
  lockdepOff?(): void
  lockdepOn?(): void
  mightSleep?(): void
  assertHeld?(lock: number, mode: number): void
  assertNotHeld?(lock: number): void
  assertNoneHeld?(): void
  rcuMisuse?(message: string): void
  srcuDereference?(lock: number): void
  sysExit?(): void
  taskExit?(): void
  alloc?(addr: number, words: number, cache: string): void
  free?(addr: number, words: number, cache: string): void
  slab?(addr: number, words: number): void
  redzone?(): number
  /** True keeps the freed object out of circulation; the observer gives it back later (__kmem_cache_free). */
  quarantine?(cache: number, object: number): boolean
  accessOff?(): void
  accessOn?(): void
  /** An object of a class is made or found there; `name` is that of a part of a layout, '' for none. */
  place?(memory: Int32Array, address: number, words: number, kind: string, name: string, layout: number): void
  /** What is taken between true and false is taken by an asynchronous task, not by the thread. */
  async?(on: boolean): void
  point?(name: string): void
  enter?(symbol: string): void
  leave?(symbol: string): void
  /** Plain access, before it happens. */
  read?(addr: number): void
  write?(addr: number, value: number): void
  /** Marked access, before it happens: `write` tells whether it may change the word. */
  atomicBegin?(addr: number, write: boolean): void
  /** Marked access, after it happened: `write` tells whether the word may have changed. */
  atomic?(addr: number, write: boolean): void
  /** futex_wait begins, and has returned `result`. */
  wait?(addr: number): void
  waited?(addr: number, result: number): void
  /** futex_wake woke `woken` sleepers. */
  wake?(addr: number, woken: number): void
}
