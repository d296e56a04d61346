import type { AsyncProgram } from '#lockstorm/explore/helper/index'
import { Mutex, ReentrantMutex, RwSem, Semaphore, SpinLock } from '#lockstorm/sync/classes/index'
import { CancelledError, TimeoutError } from '#lockstorm/base/sync_error'
import { COUNT, PASSED, same, type Body, type ClassModel } from './model.ts'

// What one thread at a time may have, taken in every asynchronous way. The robust locks know a thread by its view of the memory, of which
// each body has several: they are explored as members of sync (src/models/robust.ts).

interface Options {
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}
interface Lock {
  readonly name: string
  readonly setup?: (memory: Int32Array) => void
  readonly make: (memory: Int32Array) => {
    take(options: Options): Promise<Disposable>
    /** Takes it and gives it back in a thread that blocks. */
    run(fn: () => void): void
    cancel(): void
  }
}

const exclusive = (lock: Mutex | SpinLock): ReturnType<Lock['make']> => ({
  take: async (options) => lock.lockAsync(options),
  run: (fn) => {
    lock.run(fn)
  },
  cancel: () => {
    lock.cancel()
  },
})
const writing = (sem: RwSem): ReturnType<Lock['make']> => ({
  take: async (options) => sem.lockWriteAsync(options),
  run: (fn) => {
    sem.runWrite(fn)
  },
  cancel: () => {
    sem.cancel()
  },
})

const LOCKS: readonly Lock[] = [
  { name: 'Mutex', make: (m) => exclusive(new Mutex(m, 0)) },
  { name: 'ReentrantMutex', make: (m) => exclusive(new ReentrantMutex(m, 0)) },
  { name: 'SpinLock', make: (m) => exclusive(new SpinLock(m, 0)) },
  { name: 'RwSem, to write', make: (m) => writing(new RwSem(m, 0)) },
  {
    name: 'RwSem, to upgrade',
    make(m) {
      const sem = new RwSem(m, 0)
      return {
        ...writing(sem),
        async take(options) {
          const guard = await sem.lockUpgradeableAsync(options)
          await sem.upgradeAsync()
          return guard
        },
      }
    },
  },
  {
    name: 'Semaphore',
    setup: (m) => void Semaphore.init(m, 0, 1),
    make(m) {
      const units = new Semaphore(m, 0)
      return {
        take: async (options) => units.acquireAsync(options),
        run: (fn) => {
          units.run(fn)
        },
        cancel: () => {
          units.cancel()
        },
      }
    },
  },
]

const count = (m: Int32Array): void => {
  m[COUNT]!++
  Atomics.add(m, PASSED, 1)
}

/** Takes it, counts, gives it back; or hears that the wait was ended, which only `ends` may be the reason of. */
async function counted(
  m: Int32Array,
  taken: Promise<Disposable>,
  ends: (error: unknown) => boolean,
): Promise<void> {
  let guard: Disposable
  try {
    guard = await taken
  } catch (error) {
    if (!ends(error)) throw error
    return
  }
  count(m)
  guard[Symbol.dispose]()
}

const REASON = new Error('aborted')
const WAYS: Readonly<Record<string, (lock: Lock) => Body>> = {
  async: (lock) => async (m) => counted(m, lock.make(m).take({}), () => false),
  'with a time-out': (lock) => async (m) =>
    counted(m, lock.make(m).take({ timeoutMs: 1 }), (error) => error instanceof TimeoutError),
  'with a signal': (lock) => async (m) => {
    const controller = new AbortController()
    const taken = lock.make(m).take({ signal: controller.signal })
    controller.abort(REASON)
    await counted(m, taken, (error) => error === REASON)
  },
  'and cancelled': (lock) => async (m) => {
    const one = lock.make(m)
    const taken = one.take({})
    one.cancel()
    await counted(m, taken, (error) => error instanceof CancelledError)
  },
}

const finish = (m: Int32Array): void => same(m[COUNT], m[PASSED], 'counted')

function model(lock: Lock, way: string, threads: AsyncProgram['threads'], wrong: Body): ClassModel {
  const { setup = () => {} } = lock
  const of = (bodies: AsyncProgram['threads']): AsyncProgram => ({
    memory: 128,
    setup,
    threads: bodies,
    finish,
  })
  return {
    name: `${lock.name}, ${way}`,
    bounded: lock.name === 'RwSem, to upgrade' && way === 'async',
    right: of(threads),
    wrong: of([threads[0] as Body, wrong]),
    fails: /data race/,
  }
}

export const EXCLUSIVE: readonly ClassModel[] = LOCKS.flatMap((lock) =>
  Object.entries(WAYS).map(([way, body]) => {
    const blocking: Body = (m) => {
      lock.make(m).run(() => {
        count(m)
      })
    }
    return model(lock, way, [way === 'async' ? body(lock) : blocking, body(lock)], count)
  }),
)
