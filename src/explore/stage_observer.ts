/**
 * Brings tracepoints to the engine, as notes that happen once per execution however often a body is re-executed; during
 * set-up it only learns names. Other detectors (lockdep) hang behind it, so that they do not hear anything twice.
 */
import { LOCK_SPINS } from '../trace/trace.fast.ts'
import type { Observer } from '../trace/observer.ts'
import { LIVE } from './engine/mode.ts'
import {
  ALLOC,
  FREE,
  LOCK_ACQUIRE,
  LOCK_ACQUIRED,
  LOCK_INIT,
  LOCK_RELEASE,
  MIGHT_SLEEP,
  UNWATCHED,
} from './engine/log.ts'
import type { Reexec } from './engine/reexec.ts'
import type { Symbols } from './symbols.ts'

/** Hears tracepoints on the engine's thread and turns them into notes. */
export class StageObserver implements Observer {
  readonly name = 'explorer'
  readonly #symbols: Symbols
  #engine: Reexec | undefined
  /** Locks of set-up whose holders must not sleep. */
  readonly #spinning = new Set<number>()

  constructor(symbols: Symbols) {
    this.#symbols = symbols
  }

  /** Set-up is over: the engine hears from now on. */
  attach(engine: Reexec): void {
    this.#engine = engine
    engine.objects.spinning = this.#spinning
  }

  lockInit(lock: number, _depMap: number, name: string, kind: number): void {
    this.#symbols.lockInit(lock, name)
    if (this.#engine !== undefined) this.#engine.note(LOCK_INIT, lock, kind)
    else if (kind === LOCK_SPINS) this.#spinning.add(lock)
    else this.#spinning.delete(lock)
  }

  lockAcquire(lock: number): void {
    this.#engine?.note(LOCK_ACQUIRE, lock, 0)
  }

  lockAcquired(lock: number): void {
    this.#engine?.note(LOCK_ACQUIRED, lock, 0)
  }

  lockRelease(lock: number): void {
    this.#engine?.note(LOCK_RELEASE, lock, 0)
  }

  mightSleep(): void {
    this.#engine?.note(MIGHT_SLEEP, 0, 0)
  }

  alloc(address: number, words: number, cache: string): void {
    if (this.#engine === undefined || this.#engine.mode === LIVE)
      this.#symbols.allocated(address, words, cache)
    this.#engine?.note(ALLOC, address, words)
  }

  free(address: number, words: number): void {
    this.#engine?.note(FREE, address, words)
  }

  accessOff(): void {
    this.#engine?.note(UNWATCHED, 0, 1)
  }

  accessOn(): void {
    this.#engine?.note(UNWATCHED, 0, -1)
  }
}
