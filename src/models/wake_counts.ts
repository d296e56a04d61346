/**
 * Models of how many sleepers one call wakes: no more than it says. Waiters that are woken in vain cost time and find nothing wrong,
 * so no other model sees them. The waker naps until all are asleep: its time is up only when nothing else can run.
 */
import { fetch_add, futex_wait, READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  init_waitqueue_head,
  wait_event_exclusive,
  wait_queue_head,
  wake_up,
  wake_up_all,
  wake_up_nr,
} from '../sync/index.ts'
import { check, defineModel, type Model } from '../define/model.ts'

interface Queue extends Record<string, number> {
  readonly wq: number
  /** 1: everybody may go. */
  readonly over: number
  /** How often the waiters have looked. */
  readonly looks: number
  readonly nap: number
}

const NAP_NS = 1_000

function waiter(s: Queue): void {
  wait_event_exclusive(as(s.wq), () => {
    fetch_add(s.looks, 1)
    return READ_ONCE(s.over) === 1
  })
}

function waker(wake: (s: Queue) => void, expected: number): (s: Queue) => void {
  return (s) => {
    futex_wait(s.nap, 0, NAP_NS)
    const before = READ_ONCE(s.looks)
    wake(s)
    futex_wait(s.nap, 0, NAP_NS)
    const woken = READ_ONCE(s.looks) - before
    check(woken === expected, `${woken} were woken, not ${expected}`)
    WRITE_ONCE(s.over, 1)
    wake_up_all(as(s.wq))
  }
}

function model(
  name: string,
  summary: string,
  waiters: number,
  wake: (s: Queue) => void,
  expected: number,
): Model {
  return defineModel<Queue>({
    name,
    summary,
    setup(scene) {
      const wq = scene.name(alloc_boot(wait_queue_head.words), 'wq', wait_queue_head)
      init_waitqueue_head(as(wq))
      const word = (called: string): number => scene.name(alloc_boot(1), called)
      return { wq, over: word('over'), looks: word('looks'), nap: word('nap') }
    },
    cpus: [...Array.from({ length: waiters }, () => waiter), waker(wake, expected)],
    bound: 1,
  })
}

/** Models of wake_up, which is for one exclusive waiter, and of wake_up_nr. */
export const wakeCounts: readonly Model[] = [
  model('wake-one', 'wake_up ‖ two exclusive waiters', 2, (s) => wake_up(as(s.wq)), 1),
  model('wake-nr', 'wake_up_nr of two ‖ three exclusive waiters', 3, (s) => wake_up_nr(as(s.wq), 2), 2),
]
