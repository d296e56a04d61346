/**
 * lock_busted: no locking at all. Controls the exclusion checks.
 */
import type { LockOps } from '../lock/ops.ts'

export const lock_busted: LockOps = {
  name: 'lock_busted',
  summary: 'control of the exclusion checks',
  busted: 'does not lock',
  words: 1,
  sleeps: true,
  init: () => {},
  writelock: () => {},
  writeunlock: () => {},
  isFree: () => true,
}
