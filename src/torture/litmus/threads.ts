/**
 * The threads of litmus tests as compiled code: one function per shape, so that nothing stands between the steps.
 *
 * Rule      a function is named by its steps: W or R, p plain or a atomic. It returns what it read, two bits each.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import type { Step } from './program.ts'
import { VALUE_BITS } from './outcomes.ts'

/** Runs the steps on the words a (value v) and b (value w), in that order. */
export type Thread = (a: number, v: number, b: number, w: number) => number

const THREADS: Readonly<Record<string, Thread>> = {
  Wp: (a, v) => (write(a, v), 0),
  Wa: (a, v) => (WRITE_ONCE(a, v), 0),
  WpWp: (a, v, b, w) => (write(a, v), write(b, w), 0),
  WpWa: (a, v, b, w) => (write(a, v), WRITE_ONCE(b, w), 0),
  WaWa: (a, v, b, w) => (WRITE_ONCE(a, v), WRITE_ONCE(b, w), 0),
  WpRp: (a, v, b) => (write(a, v), read(b)),
  WpRa: (a, v, b) => (write(a, v), READ_ONCE(b)),
  WaRp: (a, v, b) => (WRITE_ONCE(a, v), read(b)),
  WaRa: (a, v, b) => (WRITE_ONCE(a, v), READ_ONCE(b)),
  RpRp: (a, _v, b) => read(a) | (read(b) << VALUE_BITS),
  RaRp: (a, _v, b) => READ_ONCE(a) | (read(b) << VALUE_BITS),
  RaRa: (a, _v, b) => READ_ONCE(a) | (READ_ONCE(b) << VALUE_BITS),
  RpWp: (a, _v, b, w) => {
    const seen = read(a)
    write(b, w)
    return seen
  },
  RaWp: (a, _v, b, w) => {
    const seen = READ_ONCE(a)
    write(b, w)
    return seen
  },
  RaWa: (a, _v, b, w) => {
    const seen = READ_ONCE(a)
    WRITE_ONCE(b, w)
    return seen
  },
}

/** The function of these steps. @throws RangeError if the table has none */
export function threadOf(steps: readonly Step[]): Thread {
  const name = steps
    .map(({ value, atomic }) => `${value === undefined ? 'R' : 'W'}${atomic ? 'a' : 'p'}`)
    .join('')
  const found = THREADS[name]
  if (found === undefined) throw new RangeError(`no litmus thread ${name}`)
  return found
}
