// The interface of the npm package atomics-sync over the classes of lockstorm/sync, so that its tests can be run against them:
//   git clone https://github.com/slavamuravey/atomics-sync && cd atomics-sync
//   set "type": "module" in package.json, put this file in place of dist/index.js, with LOCKSTORM=… for where lockstorm is
//   node --test
// docs/tck.md says what came of it. A thread's number is an argument there and the host's here: the tests have one thread act as several,
// which takes what the explorer uses for that.
const from = process.env.LOCKSTORM ?? new URL('../..', import.meta.url).pathname
const L = await import(`${from}/dist/src/sync/classes/index.js`)
const { act_as } = await import(`${from}/dist/src/mem/access.fast.js`)

// Objects of one program lie in one memory here: a condition and its mutex share it.
const pool = new Int32Array(new SharedArrayBuffer(1 << 20))
let next = 0
const WORDS = 32

function place(words) {
  next += WORDS
  return pool.subarray(next - WORDS, next - WORDS + words)
}

const made = new WeakMap()
function over(Class, view) {
  if (!made.has(view)) made.set(view, new Class(view.buffer, view.byteOffset / 4))
  return made.get(view)
}

function as(thread, call) {
  if (!Number.isInteger(thread) || thread === 0)
    throw new TypeError('threadId must be an integer that is not 0')
  if (thread < 0 || thread >= 2 ** 20) throw new RangeError('threadId must be at most 2^20')
  act_as(thread)
  try {
    return call()
  } finally {
    act_as(undefined)
  }
}

const exclusive = (Class) => ({
  init: () => place(2),
  lock(view, thread) {
    const lock = over(Class, view)
    as(thread, () => lock.lock())
  },
  tryLock(view, thread) {
    const lock = over(Class, view)
    return as(thread, () => lock.tryLock())
  },
  timedLock(view, thread, end) {
    const lock = over(Class, view)
    return as(thread, () => lock.lockFor(Math.max(0, end - Date.now())))
  },
  unlock(view, thread) {
    const lock = over(Class, view)
    as(thread, () => lock.unlock())
  },
})
export const Mutex = exclusive(L.Mutex)
export const SpinLock = exclusive(L.SpinLock)

export const Semaphore = {
  init(units) {
    const view = place(1)
    L.Semaphore.init(view.buffer, view.byteOffset / 4, units)
    return view
  },
  wait: (view) => over(L.Semaphore, view).acquire(),
  tryWait: (view) => over(L.Semaphore, view).tryAcquire(),
  timedWait: (view, end) => over(L.Semaphore, view).acquireFor(Math.max(0, end - Date.now())),
  post: (view) => over(L.Semaphore, view).release(),
  getValue: (view) => over(L.Semaphore, view).units,
}

export const Condition = {
  init: () => place(1),
  wait(view, mutex, thread) {
    const [changed, lock] = [over(L.Condition, view), over(L.Mutex, mutex)]
    as(thread, () => changed.wait(lock))
  },
  timedWait(view, mutex, thread, end) {
    const [changed, lock] = [over(L.Condition, view), over(L.Mutex, mutex)]
    return as(thread, () => changed.waitFor(lock, Math.max(0, end - Date.now())))
  },
  signal: (view) => over(L.Condition, view).signal(),
  broadcast: (view) => over(L.Condition, view).broadcast(),
}

export const Barrier = {
  init(parties) {
    const view = place(3)
    L.Barrier.init(view.buffer, view.byteOffset / 4, parties)
    return view
  },
  wait(view, thread) {
    const barrier = over(L.Barrier, view)
    return as(thread, () => barrier.wait())
  },
}

export const Once = {
  init: () => place(1),
  execute: (view, run) => void over(L.Once, view).run(run),
  isExecuted: (view) => over(L.Once, view).done,
}

export const { DeadlockError, OwnershipError: PermissionError } = L
/** What is wrong in itself is a TypeError or a RangeError here. */
export class InvalidError extends Error {
  static [Symbol.hasInstance](error) {
    return error instanceof TypeError || error instanceof RangeError
  }
}
export const INT32_MAX_VALUE = L.Semaphore.MAX_UNITS
export const INT32_MIN_VALUE = -2147483648
