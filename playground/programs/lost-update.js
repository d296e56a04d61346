// Two threads count up. Each load and each store is atomic; the
// two together are not.
import { mustHold } from 'lockstorm/explore'

function count(m) {
  const seen = Atomics.load(m, 0)
  Atomics.store(m, 0, seen + 1)
}

mustHold({
  memory: 1,
  words: { 0: 'counter' },
  threads: [count, count],
  finish(m) {
    if (m[0] !== 2) throw new Error(`two have counted, and it is ${m[0]}`)
  },
})
