/**
 * debugfs: a count of the operations inside, which begins at 1; the kill drops that 1 and waits for zero. kernfs and proc count so,
 * too, with a bias in place of the 1. An operation holds its count while it sleeps, and nobody is woken.
 *
 * Lost wake-ups  whoever drops the last count wakes the waiter after it.
 * Source         debugfs_file_get, debugfs_file_put and their completion (e9117a5a4bf6); before, one SRCU domain for all of debugfs,
 *                where one file that blocks for ever stopped every remover
 */
import { fetch_sub, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { EIO } from '../base/errno.ts'
import { refcount_inc_not_zero, wait_event, wake_up_all } from '../sync/index.ts'
import { fence, type Fence, type FenceType } from './fence_struct.ts'

const { alive: ALIVE, files: USERS } = fence.offset
const EMPTY = fence.at.empty

function put(f: Fence): void {
  if (fetch_sub(f + USERS, 1) === 1) wake_up_all(EMPTY(f))
}

export const debugfs: FenceType = {
  name: 'debugfs',
  history: 'debugfs, e9117a5a4bf6',
  strong: true,
  wakes: false,
  waits: false,
  keeps: true,
  gone: -EIO,
  init(f) {
    write(f + USERS, 1)
    return 0
  },
  enter(f) {
    if (READ_ONCE(f + ALIVE) === 0) return -EIO
    return refcount_inc_not_zero(as(f + USERS)) ? 0 : -EIO
  },
  leave: put,
  begin(f) {
    WRITE_ONCE(f + ALIVE, 0)
    put(f)
  },
  wait(f) {
    wait_event(EMPTY(f), () => READ_ONCE(f + USERS) === 0)
  },
}
