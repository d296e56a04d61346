/**
 * Models of semaphore, barrier, once and condition: nobody passes too early, nobody is forgotten.
 */
import { fetch_add, read, READ_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { ETIME } from '../base/errno.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word } from '../mem/layout.ts'
import {
  barrier,
  barrier_init,
  barrier_wait,
  call_once,
  condition,
  condition_broadcast,
  condition_init,
  condition_signal,
  condition_wait,
  condition_wait_timeout,
  down,
  mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  once,
  once_init,
  sema_init,
  semaphore,
  up,
} from '../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { twice } from './bodies.ts'
import { times } from './counting.ts'

const early = { earlyTimeouts: 1 }
const bounded = { bound: 3 }

const meeting = struct('explored_meeting', {
  semaphore: embed(semaphore),
  barrier: embed(barrier),
  once: embed(once),
  lock: embed(mutex),
  condition: embed(condition),
  /** What was done, before the meeting. */
  done: word,
})
const at = meeting.at
const DONE = meeting.offset.done

interface Meeting extends Record<string, number> {
  readonly m: number
}

type Body = (s: Meeting) => void

function setup(parties: number): (scene: Scene) => Meeting {
  return (scene) => {
    const m = scene.name(alloc_boot(meeting.words), 'm', meeting)
    sema_init(at.semaphore(as(m)), 0)
    barrier_init(at.barrier(as(m)), parties)
    once_init(at.once(as(m)))
    mutex_init(at.lock(as(m)), 'lock')
    condition_init(at.condition(as(m)))
    return { m }
  }
}

function model(
  name: string,
  summary: string,
  cpus: readonly Body[],
  more: Partial<Model<Meeting>> = {},
): Model {
  return defineModel<Meeting>({ name, summary, setup: setup(cpus.length), cpus, ...more })
}

/** Gives two units, of which each taker wants one or both. */
function giver({ m }: Meeting): void {
  write(m + DONE, 1)
  up(at.semaphore(as(m)))
  up(at.semaphore(as(m)))
}

const taker =
  (units: number): Body =>
  ({ m }) => {
    down(at.semaphore(as(m)), units)
    check(read(m + DONE) === 1, 'a unit was taken before it was given')
  }

/** Each round everybody counts, meets, and sees that all have counted; then they meet again. */
const rounds =
  (parties: number, n: number): Body =>
  ({ m }) => {
    for (let round = 1; round <= n; round++) {
      fetch_add(m + DONE, 1)
      barrier_wait(at.barrier(as(m)))
      check(READ_ONCE(m + DONE) === parties * round, 'the barrier let somebody pass too early')
      if (round < n) barrier_wait(at.barrier(as(m)))
    }
  }

function initialiser({ m }: Meeting): void {
  call_once(at.once(as(m)), () => write(m + DONE, read(m + DONE) + 1))
  check(read(m + DONE) === 1, 'not done, or done twice')
}

/** Whose function throws; the next one tries. */
function failing({ m }: Meeting): void {
  try {
    call_once(at.once(as(m)), () => {
      throw new RangeError('not now')
    })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
}

/** Waits under the mutex until something has been put there, and takes it. */
function consumer({ m }: Meeting): void {
  mutex_lock(at.lock(as(m)))
  while (read(m + DONE) === 0) condition_wait(at.condition(as(m)), at.lock(as(m)))
  write(m + DONE, read(m + DONE) - 1)
  mutex_unlock(at.lock(as(m)))
}

/** As consumer, but does not wait for ever. */
function impatient({ m }: Meeting): void {
  mutex_lock(at.lock(as(m)))
  let left = 0
  while (read(m + DONE) === 0 && left === 0)
    left = condition_wait_timeout(at.condition(as(m)), at.lock(as(m)), 5_000)
  check(left === 0 || left === -ETIME, `returned ${left}`)
  if (read(m + DONE) > 0) write(m + DONE, read(m + DONE) - 1)
  mutex_unlock(at.lock(as(m)))
}

const producer =
  (items: number, tell: (c: ReturnType<typeof at.condition>) => void): Body =>
  ({ m }) => {
    mutex_lock(at.lock(as(m)))
    write(m + DONE, read(m + DONE) + items)
    tell(at.condition(as(m)))
    mutex_unlock(at.lock(as(m)))
  }

const one = producer(1, condition_signal)

/** Models of semaphore, barrier, once and condition. */
export const meetings: readonly Model[] = [
  model('semaphore-units', 'up twice ‖ one who wants both', [giver, taker(2)]),
  model('semaphore-handover', 'up twice ‖ two takers', [giver, taker(1), taker(1)]),
  model('barrier', 'barrier, 2 CPUs × 2 rounds', times(2, rounds(2, 2))),
  model('barrier-3', 'barrier, 3 CPUs × 1 round', times(3, rounds(3, 1))),
  model('once', 'call_once by 2 CPUs, twice', times(2, twice(initialiser))),
  model('once-3', 'call_once by 3 CPUs', times(3, initialiser)),
  model('once-throws', 'call_once that throws ‖ two that do not', [failing, initialiser, initialiser]),
  model('condition', 'condition_wait ‖ condition_signal', [consumer, one]),
  model(
    'condition-rounds',
    'condition_wait ‖ condition_signal, 2 rounds',
    [twice(consumer), twice(one)],
    bounded,
  ),
  model(
    'condition-3',
    'two condition_wait ‖ condition_broadcast',
    [consumer, consumer, producer(2, condition_broadcast)],
    bounded,
  ),
  model('condition-timeout', 'condition_wait_timeout ‖ condition_signal', [impatient, one], early),
]
