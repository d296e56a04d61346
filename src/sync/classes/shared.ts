/**
 * What the classes have in common: a memory and a place in it.
 *
 * Objects are thin: all state is in the shared words, so every thread makes its own object over the same memory and address.
 * Words that are zero are a valid, free object, unless a class has `init`.
 *
 * A call makes the memory the thread's own, runs the function of the kernel family on the address, and gives it back to the arena
 * that the thread may be attached to. In a plain memory nobody watches: no hang is reported, no signal is delivered.
 */
import { bind, home_memory, READ_ONCE, smp_processor_id, unbind } from '#access'
import { trace_place } from '#trace'
import { as, type Addr } from '../../base/addr.ts'
import { Oops } from '../../base/kernel_error.ts'
import { BlockingError, DeadlockError, OwnershipError, UninitializedError } from '../../base/sync_error.ts'
import { CAN_BLOCK, isImpersonated } from '../../mem/host.ts'
import { owner_cpu } from '../owner_word.ts'
import { checkInteger, wrongType } from './arguments.ts'
import { forget, placeOf, type Mine } from './mine.ts'
import { Turns } from './turns.ts'

/** Where objects live: a SharedArrayBuffer, or a view over one to which addresses are relative. */
export type Memory = SharedArrayBuffer | Int32Array

const BYTES = 4
interface Tagged {
  readonly [Symbol.toStringTag]?: string
}

const views = new WeakMap<SharedArrayBuffer, Int32Array>()

/** The view over all of a memory, the same each time; under the explorer, which knows the views made while it runs, a new one. */
function viewOf(buffer: SharedArrayBuffer): Int32Array {
  if (home_memory().buffer === buffer) return home_memory()
  const known = isImpersonated() ? undefined : views.get(buffer)
  if (known !== undefined) return known
  const view = new Int32Array(buffer, 0, Math.floor(buffer.byteLength / BYTES))
  if (!isImpersonated()) views.set(buffer, view)
  return view
}

/** True for an object of that built-in class, of whatever realm. */
function is(value: unknown, tag: 'Int32Array' | 'SharedArrayBuffer'): boolean {
  return typeof value === 'object' && value !== null && (value as Tagged)[Symbol.toStringTag] === tag
}

/**
 * Says that the words hold other objects, or data, from now on: this thread forgets which objects were there. For memory that is
 * used again; every thread that knew the objects says so.
 */
export function recycle(memory: SharedArrayBuffer, address: number, words: number): void {
  const view = viewOf(memory)
  checkInteger('recycle', 'address', address, 0, view.length)
  checkInteger('recycle', 'words', words, 0, view.length - address)
  forget(view, address, words)
}

/** An object in shared memory. */
export abstract class SharedObject<S extends string> {
  /** The memory, all of it. */
  readonly view: Int32Array
  /** Index of the object's first 32-bit word in `view`. */
  readonly address: Addr<S>
  /** What this thread holds of it. */
  protected readonly mine: Mine

  /**
   * @param words size of the object
   * @throws TypeError if the memory is no SharedArrayBuffer or Int32Array over one; RangeError if the object does not fit,
   *   or overlaps another one
   */
  constructor(memory: Memory, address: number, words: number) {
    const isView = is(memory, 'Int32Array')
    const buffer = isView ? (memory as Int32Array).buffer : memory
    if (!is(buffer, 'SharedArrayBuffer')) {
      const accepted = 'a SharedArrayBuffer or an Int32Array over one'
      throw wrongType(this.created(), isView ? 'the memory of the view' : 'memory', accepted, buffer)
    }
    this.view = viewOf(buffer as SharedArrayBuffer)
    const first = isView ? (memory as Int32Array).byteOffset / BYTES : 0
    const length = isView ? (memory as Int32Array).length : this.view.length
    checkInteger(this.created(), `the address of its ${words} words`, address, 0, length - words)
    this.address = as<S>(first + address)
    this.mine = placeOf(this.view, this.address, words, this.named())
    trace_place(this.view, this.address, words, this.named(), '', 0)
  }

  /** Name of the class, for errors. */
  protected abstract get name(): string

  /** `name`, for the constructor. */
  protected named(): string {
    return this.name
  }

  /** The constructor, for errors. */
  protected created(): string {
    return `new ${this.name}`
  }

  /** `Class.method`, for errors. */
  protected where(method: string): string {
    return `${this.name}.${method}`
  }

  /** Runs `fn` with the memory bound. For calls that need no speed. */
  protected bound<T>(fn: (address: Addr<S>) => T): T {
    bind(this.view)
    try {
      return fn(this.address)
    } finally {
      unbind()
    }
  }

  /** In which its asynchronous waiters of this thread take turns. */
  protected get turns(): Turns {
    return (this.mine.turns ??= new Turns())
  }

  /** The error of a call that may block, in a thread that must not. */
  protected refusal(method: string, instead: string): BlockingError {
    return new BlockingError(`${this.where(method)}: this thread must not block: use ${instead}`)
  }

  /** bound, for calls that may block; `instead` is the asynchronous form. */
  protected blocking<T>(method: string, instead: string, fn: (address: Addr<S>) => T): T {
    if (!CAN_BLOCK) throw this.refusal(method, instead)
    bind(this.view)
    try {
      return fn(this.address)
    } catch (error) {
      throw this.misuse(error, method, this.address)
    } finally {
      unbind()
    }
  }

  /**
   * What a function of the kernel family threw, in the words of the class; other errors as they are. The memory is not bound any
   * more afterwards.
   * @param owner address of the owner word
   */
  protected misuse(error: unknown, method: string, owner: number): unknown {
    const deadlock = error instanceof DeadlockError
    if (!deadlock && !(error instanceof Oops)) {
      unbind()
      return error
    }
    return deadlock ? this.recursion(method) : this.notMine(method, owner)
  }

  /** The error of a thread that gives back what it does not hold. `owner` as in misuse, if there is one; `of` is the object, if another. */
  protected notMine(method: string, owner?: number, of: SharedObject<string> = this): OwnershipError {
    bind(this.view)
    const me = smp_processor_id()
    const holder = owner === undefined ? -1 : owner_cpu(READ_ONCE(owner))
    unbind()
    const what = `${this.where(method)}: the ${of.name} at word ${of.address}`
    const held = holder < 0 || holder === me ? 'is not held' : `is held by thread ${holder}, not`
    return new OwnershipError(`${what} ${held} by this thread (${me})`)
  }

  /** The error of a thread that would only wait for itself. */
  protected recursion(method: string): DeadlockError {
    return new DeadlockError(
      `${this.where(method)}: this thread holds the ${this.name} at word ${this.address} already and would wait for itself`,
    )
  }

  /** The error of an object whose words are zero, in a class that has `init`. */
  protected uninitialized(method: string): UninitializedError {
    return new UninitializedError(
      `${this.where(method)}: the ${this.name} at word ${this.address} was never made: call ${this.name}.init`,
    )
  }
}
