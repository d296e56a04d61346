/**
 * cdev-kill: the kill kills every process that has the device open, and waits until they are gone and their files closed.
 * Imagined in the thread and never written: users of tpm and infiniband do not want to be killed.
 *
 * Here a process is what a CPU runs between opening its first file and closing its last; a signal kills it: no system
 * call of it gets past fence_enter, its sleep ends with -EINTR, and it closes its files. Who is killed by mistake, because
 * it closed its file just now, dies as well.
 * A file belongs to the CPU that opened it and must be closed there.
 *
 * Lost wake-ups  as in wait_close.ts: a holder is counted before `alive` is tested.
 * Source   L. Gunthorpe, 1 March 2017 ("actually just kill these processes")
 */
import { fetch_add, fetch_sub, READ_ONCE, smp_processor_id } from '#access'
import { EINTR } from '../base/errno.ts'
import { num_possible_cpus } from '../mem/arena.ts'
import { send_signal, signal_pending } from '../sync/index.ts'
import { fence, type Fence, type FenceType } from './fence_struct.ts'
import { count_file, refuse_files, uncount_file, wait_for_files } from './wait_close.ts'

const HOLDERS = fence.offset.holders

function kill_holders(f: Fence): void {
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    if (READ_ONCE(f + HOLDERS + cpu) > 0) send_signal(cpu)
  }
}

export const cdev_kill: FenceType = {
  name: 'cdev-kill',
  history: 'imagined by L. Gunthorpe',
  strong: true,
  wakes: true,
  waits: true,
  gone: -EINTR,
  open(f) {
    const mine = f + HOLDERS + smp_processor_id()
    fetch_add(mine, 1)
    const error = count_file(f)
    if (error !== 0) fetch_sub(mine, 1)
    return error
  },
  release(f) {
    fetch_sub(f + HOLDERS + smp_processor_id(), 1)
    uncount_file(f)
  },
  enter: () => (signal_pending() ? -EINTR : 0),
  leave() {},
  begin(f) {
    refuse_files(f)
    kill_holders(f)
  },
  wait: wait_for_files,
}
