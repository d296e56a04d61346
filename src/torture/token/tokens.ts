/**
 * The counting primitives of src/sync as the token torture sees them.
 */
import { cmpxchg, fetch_add, READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import {
  complete,
  completion,
  init_completion,
  try_wait_for_completion,
  wait_for_completion,
  wait_for_completion_interruptible,
  wait_for_completion_timeout,
} from '../../sync/completion.ts'
import {
  init_waitqueue_head,
  wait_event,
  wait_event_exclusive,
  wait_event_interruptible,
  wait_event_timeout,
  wait_queue_head,
  wake_up,
} from '../../sync/wait_queue.ts'
import type { TortureTask } from '../task.ts'
import { condition_tokens } from './condition.ts'
import type { TokenOps } from './ops.ts'
import { patience, signalled } from './patience.ts'
import { semaphore_tokens } from './semaphore.ts'

/** Bits of a completion's word above its waiters. */
const DONE_SHIFT = 10

function takeCompletion(x: number, task: TortureTask): boolean {
  const c = as<'completion'>(x)
  switch (task.rng.below(8)) {
    case 0:
      return try_wait_for_completion(c)
    case 1:
      return wait_for_completion_timeout(c, patience(task)) !== 0
    case 2:
      return !signalled(wait_for_completion_interruptible(c))
    default:
      wait_for_completion(c)
      return true
  }
}

/** The word with the tokens, after the queue. */
const LEFT = wait_queue_head.words

function tryTake(word: number): boolean {
  for (;;) {
    const seen = READ_ONCE(word)
    if (seen === 0) return false
    if (cmpxchg(word, seen, seen - 1) === seen) return true
  }
}

function takeFromQueue(q: number, task: TortureTask): boolean {
  const wq = as<'wait_queue_head'>(q)
  const take = (): boolean => tryTake(q + LEFT)
  switch (task.rng.below(8)) {
    case 0:
      return wait_event_timeout(wq, take, patience(task)) !== 0
    case 1:
      return !signalled(wait_event_interruptible(wq, take))
    case 2:
      wait_event(wq, take)
      return true
    default:
      wait_event_exclusive(wq, take)
      return true
  }
}

export const TOKENS: readonly TokenOps[] = [
  {
    name: 'completion',
    summary: 'completion: as many pass as were completed, nobody sleeps beside a done one',
    words: completion.words,
    signals: true,
    init: (x, n) => {
      init_completion(as(x))
      for (let i = 0; i < n; i++) complete(as(x))
    },
    take: takeCompletion,
    put: (x) => {
      complete(as(x))
    },
    count: (x) => READ_ONCE(x) >> DONE_SHIFT,
  },
  {
    name: 'wait_queue',
    summary: 'wait_event and wake_up: plain, exclusive, timed and interruptible waiters',
    words: wait_queue_head.words + 1,
    signals: true,
    init: (q, n) => {
      init_waitqueue_head(as(q))
      WRITE_ONCE(q + LEFT, n)
    },
    take: takeFromQueue,
    put: (q) => {
      fetch_add(q + LEFT, 1)
      wake_up(as(q))
    },
    count: (q) => READ_ONCE(q + LEFT),
  },
  semaphore_tokens,
  condition_tokens,
]
