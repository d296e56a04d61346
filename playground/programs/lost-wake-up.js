// A lock whose waiters sleep. Unlock asks whether somebody sleeps
// before it gives the lock back: who lies down in between sleeps
// for ever.
import { mustHold } from 'lockstorm/explore'

const LOCK = 0
const SLEEPERS = 1

function lockAndUnlock(m) {
  while (Atomics.compareExchange(m, LOCK, 0, 1) !== 0) {
    Atomics.add(m, SLEEPERS, 1)
    Atomics.wait(m, LOCK, 1)
    Atomics.sub(m, SLEEPERS, 1)
  }
  const sleepers = Atomics.load(m, SLEEPERS)
  Atomics.store(m, LOCK, 0)
  if (sleepers > 0) Atomics.notify(m, LOCK, 1)
}

mustHold({
  memory: 2,
  words: { [LOCK]: 'lock', [SLEEPERS]: 'sleepers' },
  threads: [lockAndUnlock, lockAndUnlock],
})
