/** The npm package atomics-sync, where a user has installed it: an optional peer. */
import type { Contender } from '../contender.ts'

/** The part of the package that is measured. */
interface Library {
  Mutex: {
    lock(mutex: Int32Array, threadId: number): void
    unlock(mutex: Int32Array, threadId: number): void
  }
  SpinLock: { lock(lock: Int32Array): void; unlock(lock: Int32Array): void }
}

const load = async (): Promise<Library> => {
  const name = 'atomics-sync'
  return (await import(name)) as Library
}

export const contender: Contender = {
  name: 'atomics-sync',
  async unavailable() {
    try {
      await load()
      return ''
    } catch {
      return 'is not installed'
    }
  },
  async bind(view, cpu, variant) {
    const { Mutex, SpinLock } = await load()
    const words = new Int32Array(view.buffer, 0, 16)
    if (variant === 'spinlock') {
      return { enter: () => SpinLock.lock(words), leave: () => SpinLock.unlock(words) }
    }
    return { enter: () => Mutex.lock(words, cpu + 1), leave: () => Mutex.unlock(words, cpu + 1) }
  },
}
