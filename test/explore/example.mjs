import { mustHold } from 'lockstorm/explore'

const lockAndUnlock = (m) => {
  while (Atomics.compareExchange(m, 0, 0, 1) !== 0) {
    Atomics.add(m, 1, 1)
    Atomics.wait(m, 0, 1)
    Atomics.sub(m, 1, 1)
  }
  const sleepers = Atomics.load(m, 1)
  Atomics.store(m, 0, 0)
  if (sleepers > 0) Atomics.notify(m, 0, 1)
}
mustHold({ memory: 2, threads: [lockAndUnlock, lockAndUnlock], words: { 0: 'lock', 1: 'sleepers' } })
