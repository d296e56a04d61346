// Two accounts, and a mutex for each. One thread pays from a to b,
// the other from b to a: each holds what the other waits for.
import { mustHold } from 'lockstorm/explore'
import { Mutex } from 'lockstorm/sync'

const A = 0
const B = Mutex.WORDS

function pay(m, from, to) {
  const [mine, theirs] = [new Mutex(m, from), new Mutex(m, to)]
  mine.lock()
  theirs.lock()
  theirs.unlock()
  mine.unlock()
}

const aToB = (m) => pay(m, A, B)
const bToA = (m) => pay(m, B, A)

mustHold({
  memory: 2 * Mutex.WORDS,
  words: { [A]: 'mutex a', [B]: 'mutex b' },
  threads: [aToB, bToA],
})
