// A mutex whose waiters sleep. Take the notify away, or let lock
// return at once, and explore again.
import { mustExhaust } from 'lockstorm/explore'

const LOCK = 0
const COUNTER = 1
const FREE = 0
const HELD = 1
const AWAITED = 2

function lock(m) {
  if (Atomics.compareExchange(m, LOCK, FREE, HELD) === FREE) return
  while (Atomics.exchange(m, LOCK, AWAITED) !== FREE) Atomics.wait(m, LOCK, AWAITED)
}

function unlock(m) {
  if (Atomics.exchange(m, LOCK, FREE) === AWAITED) Atomics.notify(m, LOCK, 1)
}

function count(m) {
  lock(m)
  m[COUNTER]++ // a plain access: a data race without the lock
  unlock(m)
}

mustExhaust({
  memory: 2,
  words: { [LOCK]: 'lock', [COUNTER]: 'counter' },
  threads: [count, count],
  finish(m) {
    if (m[COUNTER] !== 2) throw new Error('an update is lost')
  },
})
