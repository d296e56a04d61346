// A lock of your own: functions over a plain Int32Array, which needs nothing of lockstorm. Threads sleep while they wait.
//   lockstorm torture ./examples/lock.js --duration 10s
//   lockstorm explore ./examples/lock.js
const FREE = 0
const HELD = 1
const AWAITED = 2

const tryLock = (view) => Atomics.compareExchange(view, 0, FREE, HELD) === FREE

export default {
  name: 'sleeping',
  words: 1,

  lock(view) {
    if (tryLock(view)) return
    // Whoever has slept cannot know that it was the last one, so it leaves the word as AWAITED.
    while (Atomics.exchange(view, 0, AWAITED) !== FREE) Atomics.wait(view, 0, AWAITED)
  },

  unlock(view) {
    if (Atomics.exchange(view, 0, FREE) === AWAITED) Atomics.notify(view, 0, 1)
  },

  tryLock,

  lockFor(view, thread, ms) {
    if (tryLock(view)) return true
    const end = performance.now() + ms
    while (Atomics.exchange(view, 0, AWAITED) !== FREE) {
      const left = end - performance.now()
      if (left <= 0 || Atomics.wait(view, 0, AWAITED, left) === 'timed-out') return false
    }
    return true
  },
}
