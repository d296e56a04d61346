/**
 * tpm: an operation holds the read side of an rwsem over a whole command, asleep or not; nobody is woken. The kill waits for the
 * slowest command. Poll takes no operations: it says what the file's own buffer says, and nothing of the device's going.
 *
 * Source   TPM: ops_sem (4e26195f240d), tpm_common_write, tpm_common_poll: EPOLLOUT while no response waits
 */
import { POLLOUT, POLLWRNORM } from '../kernel/cdev/chardev_poll.ts'
import { type FenceType } from './fence_struct.ts'
import { rwsem } from './rwsem.ts'

const { wake: _never, ...held } = rwsem

export const tpm: FenceType = {
  ...held,
  name: 'tpm',
  history: 'TPM, as it is, 4e26195f240d',
  wakes: false,
  keeps: true,
  gone_mask: POLLOUT | POLLWRNORM,
}
