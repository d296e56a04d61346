/** Mistakes in the exclusive locks: mutex, spinlock, ticket, MCS, ww_mutex. */
import type { Mutant } from './mutant.ts'
import { explore, torture, unit } from './oracles.ts'

const OWNER_LOCK = 'src/sync/owner_lock.ts'
const WW_MUTEX = 'src/sync/ww_mutex.ts'

export const exclusive: readonly Mutant[] = [
  {
    name: 'owner-lock-sleeper-forgets-sleepers',
    file: OWNER_LOCK,
    find: 'if (cmpxchg(lock, seen, me | WAITERS | (seen & ASYNC)) === seen) return 0',
    replace: 'if (cmpxchg(lock, seen, me | (seen & ASYNC)) === seen) return 0',
    breaks: 'A waiter that has slept takes the lock without W, so the other sleepers are never woken.',
    oracle: explore('mutex-3'),
  },
  {
    name: 'owner-lock-poller-forgets-sleepers',
    file: OWNER_LOCK,
    find: 'if (spin(lock, me | WAITERS)) return 0',
    replace: 'if (spin(lock, me)) return 0',
    breaks: 'A woken sleeper that gets the lock while it polls takes it without W, and the others sleep on.',
    oracle: explore('mutex-barge --search dfs --bound 3 --polls 1'),
  },
  {
    name: 'park-signal-swallows-wake-up',
    file: 'src/sync/park.ts',
    find: '  return result === FUTEX_TIMEDOUT ? -ETIME : result',
    replace:
      '  if (deadline < 0 && signal_pending()) return -EINTR\n  return result === FUTEX_TIMEDOUT ? -ETIME : result',
    breaks:
      'A waiter that was woken hears of a signal instead: it gives up, and nobody has the duty to wake the others.',
    oracle: explore('handover-duty', 20_000),
  },
  {
    name: 'owner-lock-kept-for-nobody',
    file: OWNER_LOCK,
    find: 'const left = asked ? seen & ~HANDOFF : seen',
    replace: 'const left = seen',
    breaks:
      'A waiter that asked for the lock and gave up leaves its request: the lock is kept for nobody, and dead.',
    oracle: explore('handover-quit'),
  },
  {
    name: 'owner-lock-never-hands-over',
    file: OWNER_LOCK,
    find: 'const late = (seen & PICKUP) === 0 && ktime',
    replace: 'const late = (seen & PICKUP) !== 0 && ktime',
    breaks: 'No waiter ever asks for the lock, however long it has waited.',
    oracle: explore('handover'),
  },
  {
    name: 'mutex-trylock-steals-hand-over',
    file: 'src/sync/mutex.ts',
    find: '  if (cmpxchg(lock, 0, current_owner()) !== 0) return false',
    replace:
      '  const seen = READ_ONCE(lock)\n  if ((seen & ~7) !== 0 || cmpxchg(lock, seen, current_owner() | (seen & 1)) !== seen) return false',
    breaks: 'mutex_trylock takes a lock that is kept for a woken sleeper.',
    oracle: explore('handover'),
  },
  {
    name: 'owner-lock-unlock-wakes-nobody',
    file: OWNER_LOCK,
    find: 'futex_wake(lock, (seen & ASYNC) !== 0 ? ALL : 1)',
    replace: 'if ((seen & (ASYNC | HANDOFF)) !== 0) futex_wake(lock, ALL)',
    breaks: 'An ordinary slow unlock frees the lock and wakes nobody.',
    oracle: explore('mutex'),
  },
  {
    name: 'owner-lock-polls-for-ever',
    file: OWNER_LOCK,
    find: '    WRITE_ONCE(lock + SPINNER, 0)\n    if (got) return 0',
    replace: '    if (got) return 0\n    WRITE_ONCE(lock + SPINNER, 0)',
    breaks: 'The place of the newcomer that polls stays taken after it got the lock.',
    oracle: torture('mutex_lock --duration 3s'),
  },
  {
    name: 'spinlock-sleeper-forgets-sleepers',
    file: 'src/sync/spinlock.ts',
    find: 'while (!spin(lock, me | WAITERS))',
    replace: 'while (!spin(lock, me))',
    breaks: 'A sleeper takes the spinlock without its mark, and the other sleepers are forgotten.',
    oracle: explore('spinlock-3'),
  },
  {
    name: 'spinlock-frees-before-it-looks',
    file: 'src/sync/spinlock.ts',
    find: 'futex_wake(lock, (xchg(lock, 0) & ASYNC) !== 0 ? ALL : 1)',
    replace: 'futex_wake(lock, 1)\n  xchg(lock, 0)',
    breaks: 'The sleeper is woken before the lock is free, finds it held and sleeps again.',
    oracle: explore('spinlock'),
  },
  {
    name: 'spinlock-wakes-one-of-many-kinds',
    file: 'src/sync/spinlock.ts',
    find: 'futex_wake(lock, (xchg(lock, 0) & ASYNC) !== 0 ? ALL : 1)',
    replace: 'xchg(lock, 0)\n  futex_wake(lock, 1)',
    breaks:
      'The one wake-up goes to an asynchronous waiter, whose thread may be busy for long, and the sleepers sleep on.',
    oracle: unit('test/sync/classes_async.test.ts', 'takes no wake-up away'),
  },
  {
    name: 'ticket-trylock-takes-any-ticket',
    file: 'src/sync/ticket_lock.ts',
    find: 'if (cmpxchg(lock + NEXT, owner, (owner + 1) | 0) !== owner) return false',
    replace: 'if (READ_ONCE(lock + NEXT) !== owner) return false\n  fetch_add(lock + NEXT, 1)',
    breaks: 'ticket_spin_trylock tests and takes in two steps: it may get a ticket whose turn has not come.',
    oracle: explore('ticket-trylock'),
  },
  {
    name: 'mcs-unlock-does-not-look-twice',
    file: 'src/sync/mcs_lock.ts',
    find: 'if (READ_ONCE(node + NEXT) === 0 && cmpxchg(lock, node, 0) === node) {',
    replace: 'if (READ_ONCE(node + NEXT) === 0) {\n    WRITE_ONCE(lock, 0)',
    breaks: 'Unlock drops a successor that has taken the tail and not yet linked itself.',
    oracle: explore('mcs'),
  },
  {
    name: 'mcs-waiter-links-early',
    file: 'src/sync/mcs_lock.ts',
    find: '  WRITE_ONCE(next + TURN, 1)\n  give_node(node)',
    replace: '  give_node(node)',
    breaks: 'Unlock finds its successor and does not give it the turn.',
    oracle: explore('mcs'),
  },
  {
    name: 'ww-unlock-wakes-one',
    file: WW_MUTEX,
    find: '  futex_wake(lock + SEQ, ALL)\n}\n\nfunction acquire',
    replace: '  futex_wake(lock + SEQ, 1)\n}\n\nfunction acquire',
    breaks:
      'Unlock wakes one waiter; a newcomer takes the lock, and the rest judge it by the age of the old holder.',
    oracle: explore('ww-barging-wound', 6_000),
  },
  {
    name: 'ww-settles-in-silence',
    file: WW_MUTEX,
    find: '    if ((READ_ONCE(lock) & WAITERS) !== 0) {',
    replace: '    if ((READ_ONCE(lock) & WAITERS) === 0) {',
    breaks: 'A new holder does not tell the waiters its age.',
    oracle: explore('ww-barging-wound', 6_000),
  },
  {
    name: 'ww-wound-in-silence',
    file: WW_MUTEX,
    find: '  if (word !== 0) futex_wake(word, ALL)',
    replace: '  if (word === 0) futex_wake(word, ALL)',
    breaks: 'A wounded holder that sleeps is not woken.',
    oracle: explore('ww-wound-wait', 50_000),
  },
  {
    name: 'ww-stamp-outlives-unlock',
    file: WW_MUTEX,
    find: '  WRITE_ONCE(lock + STAMP, 0)\n  if (cmpxchg(lock, me, 0) === me) return',
    replace: '  if (cmpxchg(lock, me, 0) === me) return',
    breaks: 'The age of the last holder stays in a free lock.',
    oracle: unit('test/sync/ww_mutex.test.ts'),
  },
  {
    name: 'ww-older-backs-off',
    file: WW_MUTEX,
    find: 'return stamp !== 0 && younger(mine, stamp) > 0\n',
    replace: 'return stamp !== 0 && younger(mine, stamp) < 0\n',
    breaks: 'Under wait-die the older one backs off.',
    oracle: unit('test/sync/ww_mutex.test.ts'),
  },
  {
    name: 'owner-lock-asked-and-not-entitled',
    file: 'src/sync/owner_lock.ts',
    find: 'entitled ||= asked || mayspin',
    replace: 'entitled ||= mayspin',
    breaks:
      'A waiter that asked for the lock and was not yet asleep when it was kept for it does not take it.',
    oracle: explore('handover-awake'),
  },
  {
    name: 'owner-lock-time-is-not-up',
    file: 'src/sync/owner_lock.ts',
    find: '} else if (ended < 0) {',
    replace: '} else if (ended < 0 && entitled) {',
    breaks: 'A waiter whose time is up waits on unless it was woken once.',
    oracle: explore('mutex:timed-in-vain'),
  },
  {
    name: 'owner-lock-sleeper-forgets-async',
    file: 'src/sync/owner_lock.ts',
    find: 'if (cmpxchg(lock, seen, me | WAITERS | (seen & ASYNC)) === seen) return 0',
    replace: 'if (cmpxchg(lock, seen, me | WAITERS) === seen) return 0',
    breaks: 'A waiter that takes the lock which was kept for it forgets those that wait asynchronously.',
    oracle: explore('handover-busy-asker'),
  },
  {
    name: 'owner-lock-unlock-forgets-async',
    file: 'src/sync/owner_lock.ts',
    find: 'futex_wake(lock, (seen & ASYNC) !== 0 ? ALL : 1)',
    replace: 'futex_wake(lock, 1)',
    breaks:
      'Of several that wait an asynchronous one alone is told of an unlock, and its thread may be busy.',
    oracle: explore('handover-busy'),
  },
  {
    name: 'owner-lock-async-quits-in-silence',
    file: 'src/sync/owner_lock.ts',
    find: `export function owner_lock_async_end(lock: Flagged): void {
  futex_wake(lock, ALL)`,
    replace: `export function owner_lock_async_end(lock: Flagged): void {
  futex_wake(lock, 0)`,
    breaks: 'An asynchronous waiter that gave up stands in the queue and tells nobody.',
    oracle: {
      equivalent:
        'It is in the queue only while the word has A, or while the unlock that has taken A away is about to wake all: the compare of a sleeper sees any other word. So no wake-up for one that somebody depends on can reach its place.',
    },
  },
  {
    name: 'owner-lock-async-takes-bare',
    file: 'src/sync/owner_lock.ts',
    find: 'if (cmpxchg(lock, 0, current_owner() | WAITERS) === 0) return 0',
    replace: 'if (cmpxchg(lock, 0, current_owner()) === 0) return 0',
    breaks: 'An asynchronous waiter takes the lock without W.',
    oracle: {
      equivalent:
        'It can owe a wake-up only to somebody who slept when it was woken, and it is woken only together with all: each of those looks at the word itself and sets W before it sleeps again.',
    },
  },
]
