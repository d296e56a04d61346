/**
 * rwsem: an operation holds the read side; the kill takes the write side and takes the operations away. Operations run in
 * parallel, and the kill waits for those in progress only, in its first half: a writer cannot begin without waiting.
 *
 * Source   TPM: ops_sem, tpm_try_get_ops, tpm_chip_unregister (4e26195f240d). Who sleeps gives the fence back, and poll says HUP: both
 *          as J. Gunthorpe sketched it (1 and 2 March 2017). TPM itself holds its operations over a whole command
 */
import { read, write } from '#access'
import { EPIPE } from '../base/errno.ts'
import { down_read, down_write, init_rwsem, up_read, up_write } from '../sync/index.ts'
import { fence, wake_sleepers, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive
const SEM = fence.at.sem

export const rwsem: FenceType = {
  name: 'rwsem',
  history: 'TPM, as sketched',
  strong: true,
  wakes: true,
  waits: false,
  gone: -EPIPE,
  init(f) {
    init_rwsem(SEM(f), '&fence->sem')
    return 0
  },
  enter(f) {
    down_read(SEM(f))
    if (read(f + ALIVE) === 1) return 0
    up_read(SEM(f))
    return -EPIPE
  },
  leave(f) {
    up_read(SEM(f))
  },
  begin(f) {
    down_write(SEM(f))
    write(f + ALIVE, 0)
    up_write(SEM(f))
  },
  wake: wake_sleepers,
}
