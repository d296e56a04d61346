/** The npm package atomics-sync 1.0.3, where a user has installed it: an optional peer. A variant names one of its classes. */
import type { Contender, Section } from '../contender.ts'
import { turns } from '../turns.ts'

type Words = Int32Array

/** Mutex and SpinLock: words that are zero are free. A thread names itself by a number other than 0. */
interface Exclusive {
  lock(lock: Words, threadId: number): void
  unlock(lock: Words, threadId: number): void
}

/** The part of the package that is measured. */
interface Library {
  readonly Mutex: Exclusive
  readonly SpinLock: Exclusive
  readonly Semaphore: { init(units: number): Words; wait(s: Words): void; post(s: Words): void }
  readonly Condition: {
    init(): Words
    wait(c: Words, lock: Words, threadId: number): void
    signal(c: Words): void
  }
  readonly Barrier: { init(parties: number): object; wait(b: object, threadId: number): boolean }
  readonly Once: { init(): Words; execute(o: Words, fn: () => void): void }
}

const load = async (): Promise<Library> => {
  const name = 'atomics-sync'
  return (await import(name)) as Library
}

function never(): void {}

/** A variant: what is made once for all workers, and what one of them does. */
interface Variant {
  share?(library: Library, workers: number): unknown
  bind(library: Library, view: Words, me: number, shared: never, workers: number): Section
}

const exclusive = (name: 'Mutex' | 'SpinLock'): Variant => ({
  bind({ [name]: lock }, view, me) {
    const words = view.subarray(0, 2)
    return { enter: () => lock.lock(words, me), leave: () => lock.unlock(words, me) }
  },
})

const VARIANTS: Readonly<Record<string, Variant>> = {
  Mutex: exclusive('Mutex'),
  SpinLock: exclusive('SpinLock'),
  Semaphore: {
    share: ({ Semaphore }) => Semaphore.init(1),
    bind: ({ Semaphore }, _view, _me, units: Words) => ({
      enter: () => Semaphore.wait(units),
      leave: () => Semaphore.post(units),
    }),
  },
  Condition: {
    share: ({ Condition }) => Condition.init(),
    bind({ Condition, Mutex }, view, me, condition: Words, workers) {
      const lock = view.subarray(0, 2)
      return turns(view, me - 1, workers, {
        lock: () => Mutex.lock(lock, me),
        unlock: () => Mutex.unlock(lock, me),
        wait: () => Condition.wait(condition, lock, me),
        signal: () => Condition.signal(condition),
      })
    },
  },
  Barrier: {
    share: ({ Barrier }, workers) => Barrier.init(workers),
    bind: ({ Barrier }, _view, me, barrier: object) => ({
      enter: () => void Barrier.wait(barrier, me),
      leave: never,
    }),
  },
  Once: {
    share: ({ Once }) => Once.init(),
    bind: ({ Once }, _view, _me, once: Words) => ({ enter: () => Once.execute(once, never), leave: never }),
  },
}

/** @throws {Error} if the package has no such class */
async function classOf(name: string): Promise<[Library, Variant]> {
  const library = await load()
  const variant = VARIANTS[name]
  if (variant === undefined || !(name in library)) throw new Error(`atomics-sync has no class ${name}`)
  return [library, variant]
}

export const contender: Contender = {
  name: 'atomics-sync',
  optional: true,
  async unavailable() {
    try {
      await load()
      return ''
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : `does not load: ${message.split('\n')[0]}`
    }
  },
  async share(name, workers) {
    const [library, variant] = await classOf(name)
    return variant.share?.(library, workers)
  },
  async bind(view, cpu, name, shared, workers) {
    const [library, variant] = await classOf(name)
    return variant.bind(library, view, cpu + 1, shared as never, workers)
  },
}
