/**
 * flag: alive is a bare flag, without any lock. The control, and ours: an operation that has tested it runs on while the device is
 * unmapped. Nobody is woken either: a sleeper is left to itself.
 *
 * Source   "an alive flag feels racy" (B. Helgaas, 1 March 2017). The mail names drivers/dax beside it, which waits for a grace
 *          period between flag and unmapping (7b6be8444e0f, and the character device before it): that is another fence
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENXIO } from '../base/errno.ts'
import { fence, type FenceType } from './fence_struct.ts'

const ALIVE = fence.offset.alive

export const flag: FenceType = {
  name: 'flag',
  history: 'a control',
  strong: false,
  wakes: false,
  waits: false,
  gone: -ENXIO,
  enter: (f) => (READ_ONCE(f + ALIVE) === 0 ? -ENXIO : 0),
  leave() {},
  begin(f) {
    WRITE_ONCE(f + ALIVE, 0)
  },
}
