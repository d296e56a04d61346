/**
 * rwsem_busted: an rwsem that admits a reader beside a writer. Controls the reader checks.
 *
 * Flaw     down_read looks whether a writer is inside, and counts itself afterwards: a writer that comes in between does not
 *          see it, nor it the writer.
 */
import { cmpxchg, cpu_relax, fetch_add, fetch_sub, READ_ONCE, WRITE_ONCE } from '#access'
import type { LockOps } from '../lock/ops.ts'

const WRITER = 1 << 30

export const rwsem_busted: LockOps = {
  name: 'rwsem_busted',
  summary: 'control of the reader checks',
  busted: 'admits a reader beside a writer',
  words: 1,
  sleeps: true,
  init: (l) => WRITE_ONCE(l, 0),
  writelock: (l) => {
    while (cmpxchg(l, 0, WRITER) !== 0) cpu_relax()
  },
  writeunlock: (l) => fetch_sub(l, WRITER),
  readlock: (l, task) => {
    while ((READ_ONCE(l) & WRITER) !== 0) cpu_relax()
    if (task.one_in(100)) task.udelay(1)
    fetch_add(l, 1)
  },
  readunlock: (l) => fetch_sub(l, 1),
  isFree: (l) => READ_ONCE(l) === 0,
}
