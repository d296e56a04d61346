/** wait_queue_head, as every tool knows it: with a word of tokens that its conditions take from. */
import { cmpxchg, fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import * as of from '../wait_queue.ts'
import type { Tokens } from './shapes.ts'

/** The word with the tokens, after the queue. */
const LEFT = of.wait_queue_head.words

function tryTake(at: number): boolean {
  for (;;) {
    const seen = READ_ONCE(at + LEFT)
    if (seen === 0) return false
    if (cmpxchg(at + LEFT, seen, seen - 1) === seen) return true
  }
}

export const wait_queue: Tokens = {
  name: 'wait_queue',
  summary: 'wait_event and wake_up: plain, exclusive, timed and interruptible waiters',
  layout: of.wait_queue_head,
  words: LEFT + 1,
  init(at, n) {
    of.init_waitqueue_head(as(at))
    WRITE_ONCE(at + LEFT, n)
  },
  put(at) {
    fetch_add(at + LEFT, 1)
    of.wake_up(as(at))
  },
  take: (at) => of.wait_event(as(at), () => tryTake(at)),
  takeExclusive: (at) => of.wait_event_exclusive(as(at), () => tryTake(at)),
  takeFor: (at, ns) => of.wait_event_timeout(as(at), () => tryTake(at), ns) > 0,
  takeInterruptible: (at) => of.wait_event_interruptible(as(at), () => tryTake(at)) === 0,
  takeExclusiveInterruptible: (at) => of.wait_event_interruptible_exclusive(as(at), () => tryTake(at)) === 0,
  count: (at) => READ_ONCE(at + LEFT),
}
