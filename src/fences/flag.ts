/**
 * flag: alive is a bare flag, without any lock. The control: an operation that has tested it runs on while the device is
 * unmapped. Nobody is woken either: a sleeper is left to itself.
 *
 * Source   drivers/dax of 2017, named in the thread; "an alive flag feels racy" (B. Helgaas, 1 March 2017)
 */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { ENXIO } from '../base/errno.ts'
import { fence, fences, type FenceType } from './fence.ts'

const ALIVE = fence.offset.alive

export const flag: FenceType = {
  name: 'flag',
  history: 'dax, 2017',
  strong: false,
  wakes: false,
  waits: false,
  enter: (f) => (READ_ONCE(f + ALIVE) === 0 ? -ENXIO : 0),
  leave() {},
  close(f) {
    WRITE_ONCE(f + ALIVE, 0)
  },
}
/** Its id. */
export const FENCE_FLAG: number = fences.define(flag.name, flag)
