// A workload: a bank whose accounts lie in shared words. Two locks are compared; money must neither come nor go.
//   lockstorm storm --workload ./examples/workload.js --cpus 4 --duration 2s
import { defineWorkload } from 'lockstorm/define'

const LOCK = 0
const FIRST = 1
const ACCOUNTS = 16
const MONEY = 100
const EAGAIN = 11

// 0 free, 1 held, 2 held and somebody may sleep.
const sleeping = {
  lock(words) {
    let seen = Atomics.compareExchange(words, LOCK, 0, 1)
    while (seen !== 0) {
      if (seen === 2 || Atomics.compareExchange(words, LOCK, 1, 2) !== 0) Atomics.wait(words, LOCK, 2)
      seen = Atomics.compareExchange(words, LOCK, 0, 2)
    }
  },
  unlock(words) {
    if (Atomics.exchange(words, LOCK, 0) === 2) Atomics.notify(words, LOCK, 1)
  },
}

const spinning = {
  lock(words) {
    while (Atomics.compareExchange(words, LOCK, 0, 1) !== 0);
  },
  unlock(words) {
    Atomics.store(words, LOCK, 0)
  },
}

export default defineWorkload({
  name: 'bank',
  summary: 'transfers between accounts under a lock',
  words: FIRST + ACCOUNTS,
  names: { lock: LOCK },
  contenders: { sleeping, spinning },
  setup(words) {
    words.fill(MONEY, FIRST)
  },
  operations: {
    // A negative number is an errno: it is counted as an error.
    transfer(words, by, mutex) {
      const from = FIRST + by.random(ACCOUNTS)
      const to = FIRST + by.random(ACCOUNTS)
      mutex.lock(words)
      const enough = words[from] > 0
      if (enough) {
        words[from]--
        words[to]++
      }
      mutex.unlock(words)
      return enough ? 0 : -EAGAIN
    },
    audit(words, _by, mutex) {
      mutex.lock(words)
      const sum = words.slice(FIRST).reduce((all, one) => all + one, 0)
      mutex.unlock(words)
      if (sum !== ACCOUNTS * MONEY) throw new Error(`an audit found ${sum}`)
    },
  },
  weights: { transfer: 9, audit: 1 },
  counters: { poor: (words) => words.slice(FIRST).filter((one) => one < MONEY / 2).length },
  check(words) {
    const sum = words.slice(FIRST).reduce((all, one) => all + one, 0)
    return sum === ACCOUNTS * MONEY ? [] : [`money: ${sum}, not ${ACCOUNTS * MONEY}`]
  },
})
