/** The npm package multithreading: loads where there is a global `navigator`, which Node has since 21.0. */
import type { Contender, Section } from '../contender.ts'

interface Guard {
  dispose(): void
}

/** The part of the package that is measured. */
interface Library {
  Mutex: new (data: undefined, buffer: SharedArrayBuffer) => { blockingLock(): Guard }
  RwLock: new (
    data: undefined,
    buffer: SharedArrayBuffer,
  ) => { blockingRead(): Guard; blockingWrite(): Guard }
  Semaphore: new (count: number, buffer: SharedArrayBuffer) => { blockingAcquire(): Guard }
}

const load = async (): Promise<Library> => {
  const name = 'multithreading'
  return (await import(name)) as Library
}

function guarded(acquire: () => Guard): Section {
  let guard: Guard
  return {
    enter() {
      guard = acquire()
    },
    leave() {
      guard.dispose()
    },
  }
}

export const contender: Contender = {
  name: 'multithreading',
  optional: true,
  async unavailable() {
    if (!('navigator' in globalThis))
      return `needs Node 21 or newer, for the global navigator; this is Node ${process.versions.node}`
    try {
      await load()
      return ''
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      return code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed' : `does not load: ${message.split('\n')[0]}`
    }
  },
  async bind(view, cpu, variant) {
    const { Mutex, RwLock, Semaphore } = await load()
    const sab = view.buffer as SharedArrayBuffer
    if (variant === 'mutex') {
      const mutex = new Mutex(undefined, sab)
      return guarded(() => mutex.blockingLock())
    }
    if (variant === 'semaphore') {
      // Over memory that is passed in, the package expects the permits there.
      if (cpu === 0) Atomics.store(view, 0, 1)
      const semaphore = new Semaphore(1, sab)
      return guarded(() => semaphore.blockingAcquire())
    }
    const lock = new RwLock(undefined, sab)
    const reads = variant === 'read' || (variant === 'one-writer' && cpu > 0)
    return reads ? guarded(() => lock.blockingRead()) : guarded(() => lock.blockingWrite())
  },
}
