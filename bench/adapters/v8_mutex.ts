/** V8's own Atomics.Mutex, a shared heap object behind --harmony-struct: it takes the section as a callback. */
import type { Contender } from '../contender.ts'
import { COUNTER, work } from '../loop.ts'

interface V8Mutex {
  new (): object
  lock(mutex: object, section: () => void): void
}

const mutexClass = (): V8Mutex | undefined => (Atomics as { Mutex?: V8Mutex }).Mutex

export const contender: Contender = {
  name: 'V8 Atomics.Mutex',
  optional: true,
  unavailable: () =>
    Promise.resolve(
      mutexClass() === undefined
        ? 'needs the flag: node --harmony-struct dist/src/cli/main.js bench sync fairness'
        : '',
    ),
  share() {
    const Mutex = mutexClass()
    return Mutex === undefined ? undefined : new Mutex()
  },
  bind(view, _cpu, _variant, shared) {
    const Mutex = mutexClass() as V8Mutex
    const mutex = shared as object
    const pair = (steps: number): (() => void) => {
      return () => {
        view[COUNTER] = (view[COUNTER] as number) + 1
        if (steps > 0) work(view, steps)
      }
    }
    return Promise.resolve({
      around(ops: number, steps: number) {
        const section = pair(steps)
        for (let i = 0; i < ops; i++) Mutex.lock(mutex, section)
      },
    })
  },
}
