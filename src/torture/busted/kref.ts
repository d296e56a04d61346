/**
 * kref_busted: a count that can go below zero, and come back from the dead. Controls the reference checks.
 *
 * Flaw     put subtracts in two steps, a read and a write, so that two puts at once count as one or free twice; and a
 *          reference is given out without looking whether the count is 0.
 */
import { fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import type { RefOps } from '../ref/ops.ts'

function put(k: number, release: (ref: number) => void): void {
  const left = READ_ONCE(k) - 1
  WRITE_ONCE(k, left)
  if (left <= 0) release(k)
}

export const kref_busted: RefOps = {
  name: 'kref_busted',
  summary: 'control of the reference checks',
  busted: 'can go below zero',
  words: 1,
  init: () => 0,
  revive: (k) => WRITE_ONCE(k, 1),
  get: (k) => fetch_add(k, 1),
  tryget: (k) => {
    fetch_add(k, 1)
    return true
  },
  put,
  retire: put,
  read: (k) => READ_ONCE(k),
  isZero: (k) => READ_ONCE(k) <= 0,
}
