/** Mistakes in locks with readers: rw_semaphore, percpu_rw_semaphore, seqlock, SRCU. */
import type { Mutant } from './mutant.ts'
import { explore, torture, unit } from './oracles.ts'

const RW_SLOW = 'src/sync/rw_slow.ts'
const PERCPU = 'src/sync/percpu_rwsem.ts'
const SRCU_GP = 'src/sync/srcu_gp.ts'

export const shared: readonly Mutant[] = [
  {
    name: 'rwsem-write-trylock-passes-a-writer',
    file: 'src/sync/rwsem.ts',
    find: 'if ((found & ~(PHASE | ASYNC)) !== 0) return false',
    replace: 'if ((found & ~(PHASE | ASYNC | WRITER_QUEUED)) !== 0) return false',
    breaks: 'down_write_trylock takes the semaphore past a writer that waits for it.',
    oracle: unit('test/sync/rwsem.test.ts', 'trylock never passes'),
  },
  {
    name: 'rwsem-quitter-keeps-readers-out',
    file: RW_SLOW,
    find: '  if (waiting(seen) > 0 || (seen & ASYNC) !== 0) let_readers_in(sem)\n  return true',
    replace: '  return true',
    breaks: 'A writer that gives up leaves the readers asleep that had queued behind it.',
    oracle: unit('test/sync/rwsem.test.ts', 'a writer that gives up'),
  },
  {
    name: 'rwsem-leaver-forgets-asynchronous-waiters',
    file: RW_SLOW,
    find: '  if ((seen & ASYNC) !== 0) rw_tell(sem)\n',
    replace: '',
    breaks: 'A reader leaves, and nobody tells the one that waits asynchronously to write.',
    oracle: explore('rwsem:async+shared-lock'),
  },
  {
    name: 'rwsem-writer-forgets-asynchronous-waiters',
    file: RW_SLOW,
    find: 'if (granted > 0 || (seen & ASYNC) !== 0) let_readers_in(sem)',
    replace: 'if (granted > 0) let_readers_in(sem)',
    breaks: 'A writer leaves, and nobody tells the one that waits asynchronously.',
    oracle: explore('rwsem:lock+async'),
  },
  {
    name: 'rwsem-asynchronous-waiter-marks-too-late',
    file: 'src/sync/rw_async.ts',
    find: '  fetch_or(sem, ASYNC)\n  return attempt() ? 0 : grants',
    replace: '  const got = attempt()\n  fetch_or(sem, ASYNC)\n  return got ? 0 : grants',
    breaks:
      'An asynchronous waiter tries before it says that it waits: what becomes free in between is not told.',
    oracle: explore('rwsem:lock+async'),
  },
  {
    name: 'rwsem-grant-without-phase',
    file: RW_SLOW,
    find: 'const flip = granted > 0 ? PHASE : 0',
    replace: 'const flip = granted > 1 ? PHASE : 0',
    breaks: 'A single waiting reader is counted in and never learns of it.',
    oracle: explore('rwsem'),
  },
  {
    name: 'rwsem-downgrade-is-unlock',
    file: RW_SLOW,
    find: '  end_writing(sem, READER)',
    replace: '  end_writing(sem, 0)',
    breaks: 'A writer that downgrades while others wait is not counted as a reader.',
    oracle: explore('rwsem-downgrade'),
  },
  {
    name: 'rwsem-reader-reads-grants-late',
    file: RW_SLOW,
    find: '    const grants = READ_ONCE(sem + GRANTS)\n    const seen = READ_ONCE(sem)',
    replace: '    const seen = READ_ONCE(sem)\n    const grants = READ_ONCE(sem + GRANTS)',
    breaks: 'A reader looks at the state before the number of grants: a grant between both is lost.',
    oracle: explore('rwsem'),
  },
  {
    name: 'rwsem-overtakes-for-ever',
    file: RW_SLOW,
    find: 'if ((seen & (WRITER | HANDOFF)) !== 0 || readers(seen) !== 0) return false',
    replace: 'if ((seen & WRITER) !== 0 || readers(seen) !== 0) return false',
    breaks: 'Newcomers overtake a writer that has waited too long.',
    oracle: unit('test/sync/rwsem.test.ts', 'a newcomer overtakes'),
  },
  {
    name: 'rwsem-last-reader-in-silence',
    file: RW_SLOW,
    find: 'if (readers(seen) === 1 && (seen & TAKEN) === WRITER_QUEUED) futex_wake(sem, 1)',
    replace: 'if (readers(seen) === 2 && (seen & TAKEN) === WRITER_QUEUED) futex_wake(sem, 1)',
    breaks: 'The last reader to leave wakes no writer.',
    oracle: explore('rwsem'),
  },
  {
    name: 'percpu-rwsem-unlock-by-stranger',
    file: PERCPU,
    find: "  if ((seen & ~FLAGS) !== current_owner()) throw unlock_by_stranger('percpu_up_write', sem, seen)\n",
    replace: '',
    also: [
      { find: "import { FLAGS, unlock_by_stranger } from './owner_word.ts'\n", replace: '' },
      { find: '  const seen = READ_ONCE(queueOf(sem))\n', replace: '' },
    ],
    breaks: 'percpu_up_write by another task lets readers in before it throws.',
    oracle: unit('test/sync/members.test.ts', 'unlock by another task'),
  },
  {
    name: 'rwlock-unlock-by-stranger',
    file: 'src/sync/rwlock.ts',
    find: "if (owner !== current_owner()) throw unlock_by_stranger('write_unlock', lock, owner)",
    replace: "if (owner === 0) throw unlock_by_stranger('write_unlock', lock, owner)",
    breaks: 'write_unlock by another task than the writer succeeds.',
    oracle: unit('test/sync/members.test.ts', 'unlock by another task'),
  },
  {
    name: 'percpu-rwsem-trylock-leaves-it-closed',
    file: PERCPU,
    find: '  if (inside !== 0) {\n    open(sem)',
    replace: '  if (inside !== 0) {\n    owner_lock_release(queueOf(sem))',
    breaks: 'After one failed write trylock every read trylock fails for ever.',
    oracle: explore('percpu_rwsem:trylock+shared-lock'),
  },
  {
    name: 'percpu-rwsem-reader-leaves-in-silence',
    file: PERCPU,
    find: 'if ((fetch_sub(here, STEP) & CLOSED) !== 0) futex_wake(here, ALL)',
    replace: 'if (fetch_sub(here, STEP) === (STEP | CLOSED)) futex_wake(here + 1, ALL)',
    breaks: 'A reader that leaves does not wake the writer.',
    oracle: explore('percpu-rwsem'),
  },
  {
    name: 'percpu-rwsem-opens-late',
    file: PERCPU,
    find: `fetch_and(slot(sem, cpu), ~CLOSED)
  owner_lock_release(queueOf(sem))`,
    replace: `owner_lock_release(queueOf(sem))
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) fetch_and(slot(sem, cpu), ~CLOSED)`,
    breaks: 'A writer gives the queue back before it opens the slots: it opens those of the next writer.',
    oracle: explore('percpu-rwsem-writers percpu-rwsem-3-writers'),
  },
  {
    name: 'percpu-rwsem-one-cpu-forgotten',
    file: PERCPU,
    find: 'for (let cpu = 0; cpu < num_possible_cpus(); cpu++) wait_empty(slot(sem, cpu))',
    replace: 'for (let cpu = 0; cpu < num_possible_cpus(); cpu++) if (cpu !== 1) wait_empty(slot(sem, cpu))',
    breaks: 'A writer does not wait for readers of CPU 1.',
    oracle: explore('percpu-rwsem percpu-rwsem-3'),
  },
  {
    name: 'seqlock-writer-unlocks-first',
    file: 'src/sync/seqlock.ts',
    find: '  write_seqcount_end(count(s))\n  spin_unlock(lockOf(s))',
    replace: '  spin_unlock(lockOf(s))\n  write_seqcount_end(count(s))',
    breaks: 'A writer gives the lock back before it ends writing: the next one makes the sequence even.',
    oracle: explore('seqlock-3-writers'),
  },
  {
    name: 'srcu-drains-once',
    file: SRCU_GP,
    find: '    if (!drain(ssp, idx ^ 1, polls, wait)) return false\n',
    replace: '',
    breaks: 'A grace period drains one index only: a reader with a stale index is missed.',
    oracle: explore('srcu srcu-3'),
  },
  {
    name: 'srcu-entries-before-exits',
    file: SRCU_GP,
    find: `    const exits = READ_ONCE(lock + UNLOCKS)
    if (READ_ONCE(lock) !== (exits & ~1)) {`,
    replace: `    const entries = READ_ONCE(lock)
    if (entries !== (READ_ONCE(lock + UNLOCKS) & ~1)) {`,
    breaks: 'Entries are summed before exits: a nested reader is missed, and what it uses is freed.',
    oracle: explore('srcu-nested'),
  },
  {
    name: 'srcu-cookie-of-the-running-period',
    file: SRCU_GP,
    find: '+ 2 * GP - 1) & ~STATE) | 0',
    replace: '+ GP) & ~STATE) | 0',
    breaks: 'A cookie names the grace period that is under way: it may have passed its scan already.',
    oracle: explore('srcu-updaters srcu-poll-sync'),
  },
  {
    name: 'srcu-drain-flag-late',
    file: SRCU_GP,
    find: `    const exits = fetch_or(lock + UNLOCKS, 1) | 1
    if (READ_ONCE(lock) === (exits & ~1)) break`,
    replace: `    if (READ_ONCE(lock) === (READ_ONCE(lock + UNLOCKS) & ~1)) break
    const exits = fetch_or(lock + UNLOCKS, 1) | 1`,
    breaks:
      'The grace period asks to be woken after it has looked: a reader that leaves between both wakes nobody.',
    oracle: explore('srcu'),
  },
  {
    name: 'srcu-driver-stops-in-silence',
    file: SRCU_GP,
    find: '  if (READ_ONCE(ssp + FOLLOWERS) !== 0) futex_wake(ssp + GP_SEQ, ALL)',
    replace: '  if (READ_ONCE(ssp + FOLLOWERS) > 1) futex_wake(ssp + GP_SEQ, ALL)',
    breaks: 'Whoever drove a grace period does not wake a single follower.',
    oracle: explore('srcu-updaters'),
  },
  {
    name: 'srcu-callback-runs-twice',
    file: 'src/sync/srcu_cb.ts',
    find: 'if (wait || poll_state_synchronize_srcu(ssp, cookie)) {',
    replace: 'if (wait || !poll_state_synchronize_srcu(ssp, cookie)) {',
    breaks: 'A callback runs before its grace period has passed.',
    oracle: torture('srcu --duration 3s'),
  },
  {
    name: 'srcu-cleanup-with-callbacks',
    file: 'src/sync/srcu_cb.ts',
    find: '(READ_ONCE(ssp + CALLBACKS) !== 0 ? SRCU_CALLBACKS_QUEUED : 0) |',
    replace: '(READ_ONCE(ssp + CALLBACKS) < 0 ? SRCU_CALLBACKS_QUEUED : 0) |',
    breaks: 'A domain with queued callbacks is cleaned up without a word.',
    oracle: unit('test/sync/srcu.test.ts'),
  },
  {
    name: 'seqlock-reader-begins-odd',
    file: 'src/sync/seqlock.ts',
    find: 'return (seen & 1) === 0 ? seen : wait_even(count(s), lockOf(s), BLOCKED_SPINLOCK)',
    replace: 'return seen === 0 ? seen : (wait_even(count(s), lockOf(s), BLOCKED_SPINLOCK), seen)',
    breaks: 'A reader that waited out a writer goes on with the sequence that it saw before.',
    oracle: explore('seqlock'),
  },
]
