/**
 * Models of completion, semaphore and wait_queue: nobody sleeps through what it waits for.
 */
import { cmpxchg, fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  complete,
  complete_all,
  completion,
  down,
  init_completion,
  init_waitqueue_head,
  reinit_completion,
  sema_init,
  sema_units,
  semaphore,
  try_wait_for_completion,
  up,
  wait_event,
  wait_event_exclusive,
  wait_event_interruptible_exclusive,
  wait_event_timeout,
  wait_for_completion,
  wait_for_completion_timeout,
  wait_queue_head,
  wake_up,
  wake_up_all,
} from '../sync/index.ts'
import { send_signal } from '../sync/park.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'

interface Done extends Record<string, number> {
  readonly x: number
  readonly data: number
}

function completionSetup(scene: Scene): Done {
  const x = scene.name(alloc_boot(completion.words), 'done', completion)
  init_completion(as(x))
  return { x, data: scene.name(alloc_boot(2), 'data', 2) }
}

type Body<S> = (s: S) => void

/** What comes before complete() is seen after wait_for_completion(): a plain word, so a missing edge is a data race. */
function producer({ x, data }: Done): void {
  write(data, 1)
  complete(as(x))
}

function consumer({ x, data }: Done): void {
  wait_for_completion(as(x))
  check(read(data) === 1, 'completed before it was done')
}

function twoRounds({ x }: Done): void {
  wait_for_completion(as(x))
  wait_for_completion(as(x))
}

function completeTwice({ x }: Done): void {
  complete(as(x))
  complete(as(x))
}

function waiter({ x }: Done): void {
  wait_for_completion(as(x))
}

function timedConsumer({ x, data }: Done): void {
  if (wait_for_completion_timeout(as(x), 5_000) > 0) check(read(data) === 1, 'completed before it was done')
}

function tryConsumer({ x, data }: Done): void {
  if (try_wait_for_completion(as(x))) check(read(data) === 1, 'completed before it was done')
}

function done(
  name: string,
  summary: string,
  cpus: readonly Body<Done>[],
  more: Partial<Model<Done>> = {},
): Model {
  return defineModel<Done>({ name, summary, setup: completionSetup, cpus, ...more })
}

const reuse = defineModel<Done>({
  name: 'completion-reinit',
  summary: 'a completion is used, made undone again, and used once more',
  setup: (scene) => ({ ...completionSetup(scene), back: scene.name(alloc_boot(1), 'back', completion) }),
  cpus: [
    function asker(s) {
      for (let round = 1; round <= 2; round++) {
        reinit_completion(as(s.x))
        write(s.data, round)
        complete(as(s['back'] as number))
        wait_for_completion(as(s.x))
        check(read(s.data + 1) === round, 'the answer is old')
      }
    },
    function answerer(s) {
      for (let round = 1; round <= 2; round++) {
        wait_for_completion(as(s['back'] as number))
        write(s.data + 1, read(s.data))
        complete_all(as(s.x))
      }
    },
  ],
})

interface Queue extends Record<string, number> {
  readonly wq: number
  readonly flag: number
}

function queueSetup(scene: Scene): Queue {
  const wq = scene.name(alloc_boot(wait_queue_head.words), 'wq', wait_queue_head)
  init_waitqueue_head(as(wq))
  return { wq, flag: scene.name(alloc_boot(1), 'flag') }
}

function sleeper({ wq, flag }: Queue): void {
  wait_event(as(wq), () => READ_ONCE(flag) !== 0)
}

function waker({ wq, flag }: Queue): void {
  WRITE_ONCE(flag, 1)
  wake_up(as(wq))
}

function wakerAll({ wq, flag }: Queue): void {
  WRITE_ONCE(flag, 1)
  wake_up_all(as(wq))
}

/** Waits until the flag is more than 0 and takes one from it. */
function taker({ wq, flag }: Queue): void {
  wait_event_exclusive(as(wq), () => {
    for (;;) {
      const seen = READ_ONCE(flag)
      if (seen === 0) return false
      if (cmpxchg(flag, seen, seen - 1) === seen) return true
    }
  })
}

/** Gives one, and wakes one. */
function giver({ wq, flag }: Queue): void {
  fetch_add(flag, 1)
  wake_up(as(wq))
}

function timedSleeper({ wq, flag }: Queue): void {
  const left = wait_event_timeout(as(wq), () => READ_ONCE(flag) !== 0, 5_000)
  if (left > 0) check(READ_ONCE(flag) === 1, 'woken for nothing')
}

/** One that wants two sleeps before one that wants one, and who gets one brings the other two. */
const behindTwo = defineModel<{ sem: number }>({
  name: 'semaphore-behind-two',
  summary: 'down(2) ‖ down(1), then up(2) ‖ up(1): who can use one unit is woken though another came first',
  setup(scene) {
    const sem = scene.name(alloc_boot(semaphore.words), 'sem', semaphore)
    sema_init(as(sem), 0)
    return { sem }
  },
  cpus: [
    ({ sem }) => down(as(sem), 2),
    ({ sem }) => {
      down(as(sem))
      up(as(sem), 2)
    },
    ({ sem }) => up(as(sem)),
  ],
  finish: ({ sem }) => check(sema_units(as(sem)) === 0, 'units were lost or made'),
})

/** Two units at once, for two that want one each. */
const upTwo = defineModel<{ sem: number }>({
  name: 'semaphore-up-two',
  summary: 'up(2) ‖ two down(1): both are woken',
  setup: behindTwo.setup as Model<{ sem: number }>['setup'],
  cpus: [({ sem }) => down(as(sem)), ({ sem }) => down(as(sem)), ({ sem }) => up(as(sem), 2)],
  finish: ({ sem }) => check(sema_units(as(sem)) === 0, 'units were lost or made'),
  bound: 3,
})

function queue(
  name: string,
  summary: string,
  cpus: readonly Body<Queue>[],
  more: Partial<Model<Queue>> = {},
): Model {
  return defineModel<Queue>({ name, summary, setup: queueSetup, cpus, ...more })
}

/** Waits for what never comes, in front of one whose condition is met. */
function inFront({ wq }: Queue): void {
  wait_event_interruptible_exclusive(as(wq), () => false)
}
function behind({ wq, flag }: Queue): void {
  wait_event_exclusive(as(wq), () => READ_ONCE(flag) !== 0)
}

const early = { earlyTimeouts: 1 }

/** Models of completion and wait_queue. */
export const waiting: readonly Model[] = [
  done('completion', 'complete ‖ wait_for_completion', [producer, consumer]),
  done('completion-rounds', 'complete twice ‖ wait twice', [completeTwice, twoRounds]),
  done('completion-3', 'complete twice ‖ two waiters', [completeTwice, waiter, waiter], { bound: 3 }),
  done('completion-all', 'complete_all ‖ two waiters', [({ x }) => complete_all(as(x)), waiter, waiter]),
  done('completion-timeout', 'complete ‖ wait_for_completion_timeout', [producer, timedConsumer], early),
  done(
    'completion-timeout-3',
    'complete ‖ one who gives up ‖ one who may not be forgotten',
    [completeTwice, ({ x }) => void wait_for_completion_timeout(as(x), 5_000), waiter],
    { ...early, bound: 3 },
  ),
  done('completion-try', 'complete ‖ try_wait_for_completion', [producer, tryConsumer]),
  reuse,
  behindTwo,
  upTwo,
  queue('wait-queue', 'wait_event ‖ wake_up', [sleeper, waker]),
  queue('wait-queue-3', 'two wait_event ‖ wake_up_all', [sleeper, sleeper, wakerAll]),
  queue('wait-queue-exclusive', 'wait_event_exclusive ‖ two wake_up', [taker, giver, giver]),
  queue(
    'wait-queue-in-front',
    'an exclusive waiter that a signal ends ‖ one behind it ‖ wake_up ‖ the signal',
    [inFront, behind, waker, () => send_signal(0)],
  ),
  queue('wait-queue-exclusive-2', 'two wait_event_exclusive ‖ one who gives twice', [
    taker,
    taker,
    (s) => {
      giver(s)
      giver(s)
    },
  ]),
  queue(
    'wait-queue-timeout',
    'wait_event_timeout ‖ wait_event ‖ wake_up',
    [timedSleeper, sleeper, waker],
    early,
  ),
]
