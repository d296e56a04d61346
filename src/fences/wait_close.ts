/**
 * wait-close: the kill waits until the last file has been closed. Old files work until then, and an operation costs nothing.
 * It is the unregistration that is left waiting, for as long as any user likes.
 *
 * Lost wake-ups  a file is counted before `alive` is tested, and `alive` is cleared before the count is read (both are full
 *                barriers): either the opener sees that the device goes, or the kill sees the file.
 * Source   "For simpler cases you can just wait for all cdevs to close … much like sysfs does" (J. Gunthorpe, 1 March 2017).
 *          sysfs itself waits for operations in progress, not for open files; uverbs waits for files where a driver cannot
 *          disassociate (036b10635739), vfio where a user does not let go
 */
import { fetch_add, fetch_sub, READ_ONCE, xchg } from '#access'
import { ENXIO } from '../base/errno.ts'
import { wait_event, wake_up_all } from '../sync/index.ts'
import { fence, type Fence, type FenceType } from './fence_struct.ts'

const { alive: ALIVE, files: FILES } = fence.offset
const EMPTY = fence.at.empty

/** Counts the file. Returns 0, or -ENXIO when the device is about to go. */
export function count_file(f: Fence): number {
  fetch_add(f + FILES, 1)
  if (READ_ONCE(f + ALIVE) === 1) return 0
  uncount_file(f)
  return -ENXIO
}

/** The last one ends the wait of close. */
export function uncount_file(f: Fence): void {
  if (fetch_sub(f + FILES, 1) === 1) wake_up_all(EMPTY(f))
}

/** From here on no file can be opened. */
export function refuse_files(f: Fence): void {
  xchg(f + ALIVE, 0)
}

/** Waits for the last close. */
export function wait_for_files(f: Fence): void {
  wait_event(EMPTY(f), () => READ_ONCE(f + FILES) === 0)
}

export const wait_close: FenceType = {
  name: 'wait-close',
  history: 'uverbs without disassociate, vfio',
  strong: true,
  wakes: false,
  waits: true,
  gone: -ENXIO,
  open: count_file,
  release: uncount_file,
  enter: () => 0,
  leave() {},
  begin: refuse_files,
  wait: wait_for_files,
}
