// Programs that worker threads can load too.
const { add } = Atomics

const lock = (m) => {
  if (Atomics.compareExchange(m, 0, 0, 1) !== 0) while (Atomics.exchange(m, 0, 2) !== 0) Atomics.wait(m, 0, 2)
}
const unlock = (m) => {
  if (Atomics.exchange(m, 0, 0) === 2) Atomics.notify(m, 0, 1)
}
const forgets = (m) => {
  if (Atomics.exchange(m, 0, 0) === 1) Atomics.notify(m, 0, 1)
}
const counted = (threads, rounds, gives) => {
  const body = (m) => {
    for (let i = 0; i < rounds; i++) {
      lock(m)
      m[1]++
      gives(m)
    }
  }
  const finish = (m) => {
    if (m[1] !== threads * rounds) throw new RangeError('an update is lost')
  }
  return {
    memory: 2,
    words: { 0: 'lock', 1: 'counter' },
    threads: Array.from({ length: threads }, () => body),
    finish,
  }
}

export const program = counted(2, 2, unlock)
export const broken = { ...counted(3, 1, forgets), name: 'forgets' }
// Bodies of which the text is not read: no states, so DPOR is split.
export const unread = {
  ...program,
  threads: [0, 1].map(() => (m) => {
    for (const _ of [1, 2]) {
      lock(m)
      m[1]++
      unlock(m)
    }
  }),
}
export const throws = {
  memory: 1,
  threads: [0, 1].map(() => (m) => {
    if (Atomics.add(m, 0, 1) === 1) throw new RangeError('second')
  }),
}
export const bytes = {
  memory: 2,
  threads: [0, 1].map((i) => (m) => {
    const view = new Uint8Array(m.buffer)
    Atomics.add(view, i, 1)
    Atomics.add(view, 2, 1)
  }),
  finish: (m) => {
    if (new Uint8Array(m.buffer)[2] !== 2) throw new Error('an update is lost')
  },
}
export const woken = {
  memory: 1,
  spuriousWakeups: 1,
  threads: [
    (m) => {
      Atomics.wait(m, 0, 0)
      if (Atomics.load(m, 0) === 0) throw new Error('woken by nobody')
    },
    (m) => {
      Atomics.store(m, 0, 1)
      Atomics.notify(m, 0)
    },
  ],
}
export const chance = {
  memory: 1,
  threads: [0, 1].map(() => (m) => void Atomics.add(m, 0, Math.random() < 0.5 ? 1 : 2)),
}
export const racy = { memory: 1, races: false, threads: [(m) => void (m[0] = 1), (m) => void (m[0] = 2)] }
export const takenOut = { memory: 1, threads: [0, 1].map(() => (m) => void add(m, 0, 1)) }
export const untouched = { memory: 1, threads: [() => {}, () => {}] }
export const awaits = { memory: 1, threads: [0, 1].map(() => async (m) => void Atomics.add(m, 0, 1)) }
export const nothing = 5
