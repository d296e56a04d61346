/** The access module: what the indirection of #access costs against direct Atomics. */
import { attach, cmpxchg, fetch_add, fetch_sub, READ_ONCE, WRITE_ONCE } from '#access'
import type { Contender, Section } from '../contender.ts'

const sections: Readonly<Record<string, Section>> = {
  'cas-cas': {
    enter() {
      while (cmpxchg(0, 0, 1) !== 0);
    },
    leave() {
      cmpxchg(0, 1, 0)
    },
  },
  'add-sub': {
    enter() {
      fetch_add(0, 1)
    },
    leave() {
      fetch_sub(0, 1)
    },
  },
  'load-store': {
    enter() {
      READ_ONCE(0)
    },
    leave() {
      WRITE_ONCE(0, 0)
    },
  },
}

export const contender: Contender = {
  name: '#access',
  unavailable: () => Promise.resolve(''),
  bind(view, cpu, variant) {
    attach(view, cpu, 0)
    const section = sections[variant]
    if (section === undefined) throw new Error(`#access has no variant '${variant}'`)
    return Promise.resolve(section)
  },
}
