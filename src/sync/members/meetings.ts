/** barrier, latch and once, as every tool knows them: threads that come, and go on when it has happened. */
import { as } from '../../base/addr.ts'
import * as barriers from '../barrier.ts'
import * as latches from '../latch.ts'
import * as onces from '../once.ts'
import type { Meeting } from './shapes.ts'

export const barrier: Meeting = {
  name: 'barrier',
  summary: 'the last that arrives lets all go, as often as they like',
  layout: barriers.barrier,
  init: barriers.barrier_init,
  pass: (at) => void barriers.barrier_wait(as(at)),
}

export const latch: Meeting = {
  name: 'latch',
  summary: 'each counts down and waits for the others; then it is open for ever',
  layout: latches.latch,
  init: latches.latch_init,
  pass(at) {
    latches.count_down(as(at), 1)
    latches.latch_wait(as(at))
  },
}

export const once: Meeting = {
  name: 'once',
  summary: 'whoever comes first does it, nobody passes before it is done',
  layout: onces.once,
  init: onces.once_init,
  pass: (at) => void onces.call_once(as(at), () => {}),
}
