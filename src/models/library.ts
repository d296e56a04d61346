/**
 * Models of what the library for shared memory adds to the kernel's primitives: latch, channel, readers that are upgraded, barriers
 * that are given up, and the word by which waiters are told to look again.
 */
import { fetch_add, futex_wait, read, READ_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { EPIPE, ETIME } from '../base/errno.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word, words } from '../mem/layout.ts'
import {
  barrier,
  barrier_init,
  barrier_wait_timeout,
  deadline_in,
  down_read,
  down_write,
  down_write_timeout,
  init_rwsem,
  NEVER,
  rw_semaphore,
  spin_lock,
  spin_lock_init,
  spin_trylock,
  spin_unlock,
  spinlock,
  up_read,
  up_write,
} from '../sync/index.ts'
import { channel, channel_close, channel_init, channel_receive, channel_send } from '../sync/channel.ts'
import { count_down, latch, latch_init, latch_wait, latch_wait_timeout } from '../sync/latch.ts'
import { GRANTS } from '../sync/rw_async.ts'
import { upgrade_begin, upgrade_end, upgrade_try, upgrade_wait } from '../sync/rw_upgrade.ts'
import { tell, waitTold } from '../sync/classes/told.ts'
import { counting, times, type Locking } from './counting.ts'

const library = struct('explored_library', {
  sem: embed(rw_semaphore),
  latch: embed(latch),
  barrier: embed(barrier),
  /** Written by the writer, or before a count. */
  data: word,
  /** What the CPUs have seen or received. */
  got: words(3),
  channel: embed(channel),
  slot: word,
})
const { at, offset } = library
const { data: DATA, got: GOT } = offset

interface Library extends Record<string, number> {
  readonly m: number
}
type Body = (s: Library) => void

const setup =
  (parties: number, count: number) =>
  (scene: Scene): Library => {
    const m = scene.name(alloc_boot(library.words), 'm', library)
    init_rwsem(at.sem(as(m)), 'sem')
    latch_init(at.latch(as(m)), count)
    barrier_init(at.barrier(as(m)), parties)
    channel_init(at.channel(as(m)), 1, 1)
    return { m }
  }

function model(
  name: string,
  summary: string,
  cpus: readonly Body[],
  more: Partial<Model<Library>> & { readonly count?: number } = {},
): Model {
  const { count = 2, ...rest } = more
  return defineModel<Library>({ name, summary, setup: setup(cpus.length, count), cpus, ...rest })
}

const early = { earlyTimeouts: 1 }
const SHORT_NS = 5_000

/** Writes, then counts down. */
function counter({ m }: Library): void {
  fetch_add(m + DATA, 1)
  check(count_down(at.latch(as(m)), 1), 'the latch was open already')
}

const awaiter =
  (count: number): Body =>
  ({ m }) => {
    latch_wait(at.latch(as(m)))
    check(READ_ONCE(m + DATA) === count, 'the latch opened too early')
  }

const hasty =
  (count: number): Body =>
  ({ m }) => {
    const result = latch_wait_timeout(at.latch(as(m)), SHORT_NS)
    check(result === -ETIME || READ_ONCE(m + DATA) === count, 'the latch opened too early')
  }

const sender =
  (...values: readonly number[]): Body =>
  ({ m }) => {
    for (const value of values) {
      const error = channel_send(at.channel(as(m)), (slot) => write(slot, value))
      check(error === 0, `send returned ${error}`)
    }
  }

const receiver =
  (cpu: number, n: number): Body =>
  ({ m }) => {
    for (let i = 0; i < n; i++) {
      let value = 0
      const error = channel_receive(at.channel(as(m)), (slot) => {
        value = read(slot)
      })
      check(error === 0, `receive returned ${error}`)
      write(m + GOT + cpu, read(m + GOT + cpu) * 10 + value)
    }
  }

/** Sends until it is closed. */
function refused({ m }: Library): void {
  while (channel_send(at.channel(as(m)), (slot) => write(slot, 1)) !== -EPIPE);
}

const closer: Body = ({ m }) => check(channel_close(at.channel(as(m))), 'closed twice')

/** Receives or gives up, once. */
function impatient({ m }: Library): void {
  const take = (slot: number): void => write(m + GOT, read(slot))
  const error = channel_receive(at.channel(as(m)), take, SHORT_NS)
  check(error === 0 || error === -ETIME, `receive returned ${error}`)
}

const sum = ({ m }: Library): number => [0, 1, 2].reduce((all, cpu) => all + read(m + GOT + cpu), 0)

/** Reads, is upgraded, adds one; gives up after `timeoutNs`. */
const upgrader =
  (timeoutNs: number): Body =>
  ({ m }) => {
    const sem = at.sem(as(m))
    down_read(sem)
    const before = read(m + DATA)
    const announced = upgrade_begin(sem)
    if (upgrade_wait(sem, announced, deadline_in(timeoutNs)) === 0) {
      check(read(m + DATA) === before, 'somebody wrote between read and upgrade')
      write(m + DATA, before + 1)
      write(m + GOT, 1)
      up_write(sem)
    } else {
      upgrade_end(sem, announced)
      up_read(sem)
    }
  }

function reader({ m }: Library): void {
  const sem = at.sem(as(m))
  down_read(sem)
  const before = read(m + DATA)
  check(read(m + DATA) === before, 'somebody wrote beside a reader')
  up_read(sem)
}

/** An upgrader that sleeps without the mark by which a reader that leaves knows of it. */
function unmarked({ m }: Library): void {
  const sem = at.sem(as(m))
  down_read(sem)
  const announced = upgrade_begin(sem)
  for (;;) {
    const grants = READ_ONCE(sem + GRANTS)
    if (upgrade_try(sem, announced)) break
    futex_wait(sem + GRANTS, grants)
  }
  up_write(sem)
}

const writer =
  (timeoutNs: number): Body =>
  ({ m }) => {
    const sem = at.sem(as(m))
    if (timeoutNs === NEVER) down_write(sem)
    else if (down_write_timeout(sem, timeoutNs) !== 0) return
    write(m + DATA, read(m + DATA) + 1)
    write(m + GOT + 1, 1)
    up_write(sem)
  }

/** Every addition counts, and the semaphore is free at the end. */
function allWritten(s: Library): void {
  check(read(s.m + DATA) === sum(s), 'an addition was lost')
  check((read(s.m + offset.sem) & ~8) === 0, 'the semaphore is not free at the end')
}

/** Meets the others, or gives up once and comes again: then it waits for as long as it takes. */
const party =
  (cpus: number): Body =>
  ({ m }) => {
    fetch_add(m + DATA, 1)
    if (barrier_wait_timeout(at.barrier(as(m)), SHORT_NS) === -ETIME) {
      check(barrier_wait_timeout(at.barrier(as(m)), NEVER) === 0, 'an endless wait has ended')
    }
    check(READ_ONCE(m + DATA) === cpus, 'the barrier let somebody pass too early')
  }

const told_lock = struct('explored_told_lock', { lock: embed(spinlock), told: word })
const TOLD_LOCK: Locking = {
  layout: told_lock,
  init: (l) => spin_lock_init(as(l), 'lock'),
  lock: (l) => waitTold(l + told_lock.offset.told, () => spin_trylock(as(l)), NEVER),
  unlock(l) {
    spin_unlock(as(l))
    tell(l + told_lock.offset.told)
  },
}
const PLAIN_LOCK: Locking = { ...TOLD_LOCK, lock: (l) => spin_lock(as(l)) }
const HASTY_LOCK: Locking = {
  ...TOLD_LOCK,
  lock: (l) => waitTold(l + told_lock.offset.told, () => spin_trylock(as(l)), deadline_in(SHORT_NS)),
}
/** Looks at the word before it gives the lock back. */
const DEAF_LOCK: Locking = {
  ...TOLD_LOCK,
  unlock(l) {
    tell(l + told_lock.offset.told)
    spin_unlock(as(l))
  },
}

/** See the head of this file. */
export const libraries: readonly Model[] = [
  model('latch', 'two count down ‖ one waits', [counter, counter, awaiter(2)]),
  model('latch-2', 'one counts down ‖ two wait', [counter, awaiter(1), awaiter(1)], { count: 1 }),
  model('latch-timeout', 'one counts down ‖ one waits ‖ one gives up', [counter, awaiter(1), hasty(1)], {
    count: 1,
    ...early,
  }),
  model('channel', 'one sends two ‖ one receives them', [sender(1, 2), receiver(0, 2)], {
    bound: 3,
    finish: ({ m }) => check(read(m + GOT) === 12, 'lost, doubled or out of order'),
  }),
  model('channel-3', 'two send ‖ one receives both', [sender(1), sender(2), receiver(0, 2)], {
    bound: 2,
    finish: ({ m }) => check([12, 21].includes(read(m + GOT)), 'lost or doubled'),
  }),
  model('channel-receivers', 'one sends two ‖ two receive', [sender(1, 2), receiver(0, 1), receiver(1, 1)], {
    bound: 2,
    finish: (s) => check(sum(s) === 3, 'lost or doubled'),
  }),
  model('channel-close', 'one sends until it is closed ‖ one closes it', [refused, closer]),
  model(
    'channel-timeout',
    'one sends ‖ one gives up ‖ one receives what is left',
    [sender(1, 2), impatient, receiver(1, 1)],
    { bound: 2, ...early },
  ),
  model('upgrade', 'upgrade ‖ a reader', [upgrader(NEVER), reader], { finish: allWritten }),
  model('upgrade-unmarked', 'a reader ‖ upgrade that leaves no mark', [reader, unmarked], {
    expect: 'deadlock',
  }),
  model('upgrade-writer', 'upgrade ‖ a writer', [upgrader(NEVER), writer(NEVER)], { finish: allWritten }),
  model('upgrade-3', 'upgrade ‖ a reader ‖ a writer', [upgrader(NEVER), reader, writer(NEVER)], {
    bound: 2,
    finish: allWritten,
  }),
  model(
    'upgrade-timeout',
    'upgrade that gives up ‖ a reader ‖ a writer',
    [upgrader(SHORT_NS), reader, writer(NEVER)],
    { bound: 2, finish: allWritten, ...early },
  ),
  model(
    'upgrade-writer-timeout',
    'upgrade ‖ a writer that gives up ‖ a reader',
    [upgrader(NEVER), writer(SHORT_NS), reader],
    { bound: 2, finish: allWritten, ...early },
  ),
  model('barrier-timeout', 'barrier, 2 CPUs that give up once', times(2, party(2)), early),
  model('barrier-timeout-3', 'barrier, 3 CPUs that give up once', times(3, party(3)), { bound: 2, ...early }),
  counting('told', 'two wait to be told', times(2, TOLD_LOCK), 2),
  counting(
    'told-3',
    'one waits to be told ‖ one sleeps ‖ one gives up',
    [TOLD_LOCK, PLAIN_LOCK, HASTY_LOCK],
    1,
    { bound: 2, ...early },
  ),
  counting('told-too-early', 'who unlocks looks for waiters before', times(2, DEAF_LOCK), 1, {
    expect: 'deadlock',
  }),
]
