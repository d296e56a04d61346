/** Bare Atomics: the floor that a primitive needs. No contention handling: `cas-*` spin when they lose. */
import type { Contender, Section } from '../contender.ts'

const sections: Readonly<Record<string, (m: Int32Array) => Section>> = {
  empty: () => ({ enter() {}, leave() {} }),
  'cas-cas': (m) => ({
    enter() {
      while (Atomics.compareExchange(m, 0, 0, 1) !== 0);
    },
    leave() {
      Atomics.compareExchange(m, 0, 1, 0)
    },
  }),
  'cas-store': (m) => ({
    enter() {
      while (Atomics.compareExchange(m, 0, 0, 1) !== 0);
    },
    leave() {
      Atomics.store(m, 0, 0)
    },
  }),
  'add-sub': (m) => ({
    enter() {
      Atomics.add(m, 0, 1)
    },
    leave() {
      Atomics.sub(m, 0, 1)
    },
  }),
  'load-add-add': (m) => ({
    enter() {
      Atomics.add(m, 16 + Atomics.load(m, 0), 1)
    },
    leave() {
      Atomics.add(m, 17, 1)
    },
  }),
  'load-cas-add': (m) => ({
    enter() {
      const units = Atomics.load(m, 0)
      Atomics.compareExchange(m, 0, units, units - 1)
    },
    leave() {
      Atomics.add(m, 0, 1)
    },
  }),
  'load-load': (m) => ({
    enter() {
      Atomics.load(m, 0)
    },
    leave() {
      Atomics.load(m, 0)
    },
  }),
  'load-store': (m) => ({
    enter() {
      Atomics.load(m, 0)
    },
    leave() {
      Atomics.store(m, 0, 0)
    },
  }),
}

export const contender: Contender = {
  name: 'bare Atomics',
  unavailable: () => Promise.resolve(''),
  bind(view, _cpu, variant) {
    const make = sections[variant]
    if (make === undefined) throw new Error(`bare Atomics has no variant '${variant}'`)
    return Promise.resolve(make(view))
  },
}
