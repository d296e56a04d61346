/** ReentrantMutex: a Mutex that its thread may take again. */
import { checkMs } from './arguments.ts'
import type { TurnOptions } from './asynchronous.ts'
import { Guard } from './guard.ts'
import { recursion } from './misuse.ts'
import { Mutex } from './mutex.ts'

/**
 * One thread at a time, as often as it likes; it is free when it has been given back as often.
 *
 * A thread has many asynchronous tasks, which it cannot tell apart. So `lockAsync` waits for its own thread, too, and a thread one
 * of whose tasks holds it so must not `lock` it.
 *
 * Order    as of Mutex.
 * Freed    by whoever took it last, as soon as that call has returned and nobody else can be about to use it.
 */
export class ReentrantMutex extends Mutex {
  protected static override readonly NAME: string = 'ReentrantMutex'
  /**
   * Takes the lock, once more if this thread holds it; blocks the thread until it can. Throws a DeadlockError if a task of this thread
   * holds it by `lockAsync`.
   */
  override lock(): void {
    if (!this.#again('lock')) super.lock()
  }

  /** Takes the lock, once more if this thread holds it, unless it would have to wait. Returns true if it did. */
  override tryLock(): boolean {
    return (!this.mine.byTask && this.#again('tryLock')) || super.tryLock()
  }

  /** lock within `timeoutMs`; 0 tries. Returns true if it did. */
  override lockFor(timeoutMs: number): boolean {
    checkMs(this, 'lockFor', timeoutMs)
    return (!this.mine.byTask && this.#again('lockFor')) || super.lockFor(timeoutMs)
  }

  /** Gives one acquisition back. Throws an OwnershipError if this thread holds none. */
  override unlock(): void {
    if (this.mine.depth > 0 && this.isHeldByMe) {
      this.mine.depth--
      return
    }
    super.unlock()
    this.mine.byTask = false
  }

  /** How often this thread holds it. */
  get depth(): number {
    return this.isHeldByMe ? this.mine.depth + 1 : 0
  }

  protected override async take(method: string, options: TurnOptions): Promise<void> {
    await super.take(method, options)
    this.mine.byTask = true
  }

  /** Each acquisition has a guard; they are given back in any order. */
  protected override guarded(): Guard {
    return new Guard(() => {
      this.unlock()
    })
  }

  #again(method: string): boolean {
    if (!this.isHeldByMe) return false
    if (this.mine.byTask) throw recursion(this, method)
    this.mine.depth++
    return true
  }
}
