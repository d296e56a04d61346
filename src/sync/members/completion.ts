/** completion, as every tool knows it: a counter of what is done. */
import { as } from '../../base/addr.ts'
import * as of from '../completion.ts'
import type { Tokens } from './shapes.ts'

export const completion: Tokens = {
  name: 'completion',
  summary: 'completion: as many pass as were completed, nobody sleeps beside a done one',
  layout: of.completion,
  words: of.completion.words,
  init(at, n) {
    of.init_completion(as(at))
    for (let i = 0; i < n; i++) of.complete(as(at))
  },
  put: of.complete,
  take: of.wait_for_completion,
  takeFor: (at, ns) => of.wait_for_completion_timeout(as(at), ns) > 0,
  takeInterruptible: (at) => of.wait_for_completion_interruptible(as(at)) === 0,
  tryTake: of.try_wait_for_completion,
  count: of.completion_count,
  async: {
    begin: of.completion_async_begin,
    attempt: of.completion_async_try,
    giveUp: of.completion_async_end,
    word: of.completion.offset.async,
  },
}
