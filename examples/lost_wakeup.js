// A lock that is wrong on purpose: a thread that has slept takes the lock as HELD, and forgets that others may be asleep too.
// Nobody wakes them when it gives the lock back.
//   lockstorm torture ./examples/lost_wakeup.js --duration 2s
//   lockstorm explore ./examples/lost_wakeup.js
//   lockstorm torture ./examples/lost_wakeup.js --duration 2s --json report.json
//   lockstorm explore ./examples/lost_wakeup.js --near report.json
const FREE = 0
const HELD = 1
const AWAITED = 2

const tryLock = (view) => Atomics.compareExchange(view, 0, FREE, HELD) === FREE

export default {
  name: 'forgetful',
  words: 1,

  lock(view) {
    while (!tryLock(view)) {
      Atomics.compareExchange(view, 0, HELD, AWAITED)
      Atomics.wait(view, 0, AWAITED)
    }
  },

  unlock(view) {
    if (Atomics.exchange(view, 0, FREE) === AWAITED) Atomics.notify(view, 0, 1)
  },
}
