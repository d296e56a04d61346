/** Mistakes in what one waits for or counts with: semaphore, completion, wait queue, condition, notifier chains, references. */
import type { Mutant } from './mutant.ts'
import { explore, unit } from './oracles.ts'

const SEMAPHORE = 'src/sync/semaphore.ts'
const COMPLETION = 'src/sync/completion.ts'
const WAIT_QUEUE = 'src/sync/wait_queue.ts'
const NOTIFIER = 'src/sync/notifier.ts'
const PERCPU_REF = 'src/sync/percpu_ref.ts'

export const waiting: readonly Mutant[] = [
  {
    name: 'semaphore-async-quits-in-silence',
    file: SEMAPHORE,
    find: '  fetch_and(sem, ~MANY)\n  futex_wake(sem, ALL)',
    replace: '  fetch_and(sem, ~MANY)',
    breaks: 'An asynchronous waiter that gave up stands in the queue and swallows a wake-up for one.',
    oracle: explore('semaphore-tokens:take+async-abort semaphore-tokens:async+async-abort'),
  },
  {
    name: 'semaphore-async-takes-in-silence',
    file: SEMAPHORE,
    find: '    if ((seen & MANY) !== 0) futex_wake(sem, ALL)\n    note_down(sem)\n    return 0',
    replace: '    note_down(sem)\n    return 0',
    breaks: 'An asynchronous waiter clears the mark of all and wakes none of them.',
    oracle: explore('semaphore-tokens:async+async-two'),
  },
  {
    name: 'semaphore-timeout-stays-counted',
    file: SEMAPHORE,
    find: 'if (cmpxchg(sem, seen, uncount(seen)) !== seen) continue\n      futex_wake',
    replace: 'if (cmpxchg(sem, seen, seen) !== seen) continue\n      futex_wake',
    breaks: 'A waiter whose time is up stays counted.',
    oracle: explore('semaphore-tokens:timed'),
  },
  {
    name: 'semaphore-quitter-clears-in-silence',
    file: SEMAPHORE,
    find: '      futex_wake(sem, (seen & MANY) !== 0 ? ALL : 1)\n      return ended',
    replace: '      return ended',
    breaks: 'The last counted waiter clears the mark of all when it gives up, and wakes none of them.',
    oracle: explore('semaphore-tokens:timed+async'),
  },
  {
    name: 'semaphore-last-taker-in-silence',
    file: SEMAPHORE,
    find: '    if (((seen ^ next) & MANY) !== 0) futex_wake(sem, ALL)\n',
    replace: '',
    breaks: 'The last counted waiter clears the mark of all and wakes none of them.',
    oracle: explore('semaphore-tokens:take+async-two'),
  },
  {
    name: 'semaphore-many-forgotten',
    file: SEMAPHORE,
    find: '(seen & MANY) !== 0 ? ALL : units)',
    replace: '(seen & MANY) > units ? units : units)',
    breaks: 'up wakes the waiter for two units only, which cannot use one, and another that could sleeps on.',
    oracle: explore('semaphore-behind-two'),
  },
  {
    name: 'completion-wakes-the-first-only',
    file: COMPLETION,
    find: '    wake(x, seen, 1)\n    return',
    replace: '    if (!is_done(seen)) wake(x, seen, 1)\n    return',
    breaks: 'The second of two completes wakes nobody while the first has not been taken.',
    oracle: explore('completion-3'),
  },
  {
    name: 'completion-forgets-async',
    file: COMPLETION,
    find: '  if ((seen & ASYNC) !== 0) futex_wake(x, ALL)\n  else if',
    replace: '  if ((seen & ASYNC) !== 0) futex_wake(x, n)\n  else if',
    breaks: 'complete() wakes one sleeper where asynchronous waiters may be among them.',
    oracle: {
      equivalent:
        'Each entry of the queue is somebody who waits: an asynchronous waiter that gives up wakes all, its own entry among them, and who is woken in vain takes its place again. So one completion needs to wake one, as among counted waiters.',
    },
  },
  {
    name: 'completion-all-wakes-one',
    file: COMPLETION,
    find: 'wake(x, fetch_or(x, COMPLETE_ALL), ALL)',
    replace: 'wake(x, fetch_or(x, COMPLETE_ALL), 1)',
    breaks: 'complete_all wakes one of two waiters.',
    oracle: explore('completion-all'),
  },
  {
    name: 'completion-timeout-stays-counted',
    file: COMPLETION,
    find: 'if (cmpxchg(x, seen, seen - 1) === seen) return ended',
    replace: 'return ended',
    breaks: 'A waiter whose time is up stays counted.',
    oracle: explore('completion-tokens:timed'),
  },
  {
    name: 'completion-reinit-forgets-nothing',
    file: COMPLETION,
    find: '  fetch_and(x, ~DONE_MASK)',
    replace: '  fetch_and(x, ~COMPLETE_ALL)',
    breaks: 'reinit_completion leaves completes that nobody has taken.',
    oracle: unit('test/sync/completion.test.ts'),
  },
  {
    name: 'wait-queue-wakes-all-exclusive',
    file: WAIT_QUEUE,
    find: '  wake_up_nr(wq, 1)',
    replace: '  wake_up_nr(wq, ALL)',
    breaks: 'wake_up wakes every exclusive waiter.',
    oracle: explore('wake-one'),
  },
  {
    name: 'wait-queue-leaver-stays-counted',
    file: WAIT_QUEUE,
    find: '  finish_wait(wq)\n  if (exclusive',
    replace: '  if (met) finish_wait(wq)\n  if (exclusive',
    breaks: 'A waiter whose time is up stays counted.',
    oracle: explore('wait_queue-tokens:timed'),
  },
  {
    name: 'wait-queue-token-after-condition',
    file: WAIT_QUEUE,
    find: '    const token = wait_token(wq, exclusive)\n    met = condition()',
    replace: '    met = condition()\n    const token = wait_token(wq, exclusive)',
    breaks: 'A waiter looks at its condition first and at the sequence then: a wake-up between both is lost.',
    oracle: explore('wait-queue'),
  },
  {
    name: 'condition-reads-after-unlock',
    file: 'src/sync/condition.ts',
    find: '  const seen = READ_ONCE(c)\n  release(lock)',
    replace: '  release(lock)\n  const seen = READ_ONCE(c)',
    breaks: 'A waiter reads the sequence after it gave the mutex back: a signal between both is lost.',
    oracle: explore('condition'),
  },
  {
    name: 'condition-broadcast-wakes-one',
    file: 'src/sync/condition.ts',
    find: '  notify(c, ALL)',
    replace: '  notify(c, 1)',
    breaks: 'condition_broadcast wakes one waiter.',
    oracle: explore('condition-3'),
  },
  {
    name: 'barrier-resets-after-the-round',
    file: 'src/sync/barrier.ts',
    find: '  WRITE_ONCE(b + ARRIVED, (READ_ONCE(b) + 1) << ROUND_SHIFT)\n  fetch_add(b, 1)',
    replace: '  fetch_add(b, 1)\n  WRITE_ONCE(b + ARRIVED, READ_ONCE(b) << ROUND_SHIFT)',
    breaks: 'The count is reset after the round has ended: an early arrival of the next round is lost.',
    oracle: explore('barrier'),
  },
  {
    name: 'once-throws-and-is-done',
    file: 'src/sync/once.ts',
    find: '    fn()\n    done = true',
    replace: '    done = true\n    fn()',
    breaks: 'A call that throws counts as done.',
    oracle: explore('once-throws'),
  },
  {
    name: 'notifier-reads-next-late',
    file: NOTIFIER,
    find: '    nb = next\n',
    replace: '    nb = READ_ONCE(nb + NEXT)\n',
    breaks:
      'A walk reads the link of a block after its call, and a one-shot listener has freed the block by then.',
    oracle: unit('test/sync/notifier.test.ts'),
  },
  {
    name: 'notifier-equal-priority-first',
    file: NOTIFIER,
    find: 'if (read(nb + PRIORITY) > read(at + PRIORITY)) break',
    replace: 'if (read(nb + PRIORITY) >= read(at + PRIORITY)) break',
    breaks: 'Blocks of equal priority are called in the wrong order.',
    oracle: unit('test/sync/notifier.test.ts'),
  },
  {
    name: 'notifier-undo-hits-the-refuser',
    file: NOTIFIER,
    find: 'for (let back = READ_ONCE(nh); back !== nb; back = READ_ONCE(back + NEXT)) {',
    replace: 'for (let back = READ_ONCE(nh); back !== 0; back = READ_ONCE(back + NEXT)) {',
    breaks: 'Blocks hear `undo` of an event that they refused or have never heard.',
    oracle: unit('test/sync/notifier.test.ts'),
  },
  {
    name: 'notifier-atomic-does-not-wait',
    file: 'src/sync/notifier_chains.ts',
    find: '  spin_unlock(atomic.lock(nh))\n  synchronize_srcu(atomic.srcu(nh))',
    replace: '  spin_unlock(atomic.lock(nh))',
    breaks: 'Unregistering from an atomic chain does not wait for walks that are in the block.',
    oracle: explore('notifier:atomic'),
  },
  {
    name: 'percpu-ref-kill-keeps-the-first',
    file: PERCPU_REF,
    find: '  drop(ref, BIAS + 1 - ((sum << 1) >> 1))',
    replace: '  drop(ref, BIAS - ((sum << 1) >> 1))',
    breaks: 'kill does not drop the first reference.',
    oracle: explore('percpu-ref'),
  },
  {
    name: 'percpu-ref-kill-before-sum',
    file: PERCPU_REF,
    find: '    const seen = fetch_or(slot, DEAD)\n',
    replace: '    const seen = READ_ONCE(slot)\n    fetch_or(slot, DEAD)\n',
    breaks: 'kill reads a counter before it closes it: a reference taken between both is lost.',
    oracle: explore('percpu-ref'),
  },
  {
    name: 'percpu-ref-last-put-in-silence',
    file: PERCPU_REF,
    find: '  if (left === 0) futex_wake(ref, ALL)\n  else if',
    replace: '  if (left === 1) futex_wake(ref, ALL)\n  else if',
    breaks: 'The last put does not wake whoever waits for it.',
    oracle: explore('percpu-ref'),
  },
  {
    name: 'refcount-revives',
    file: 'src/sync/refcount.ts',
    find: `    if (old === 0) return false
    if (cmpxchg(r, old, old + 1) !== old) continue`,
    replace: `    if (old === 0) return false
    fetch_add(r, 1)`,
    breaks: 'refcount_inc_not_zero tests and adds in two steps: it revives a dead object.',
    oracle: explore('kref-unless-zero'),
  },
  {
    name: 'kref-mutex-put-outside',
    file: 'src/sync/refcount.ts',
    find: `  if (refcount_dec_not_one(r)) return false
  mutex_lock(lock)
  if (refcount_dec_and_test(r)) return true`,
    replace: `  if (!refcount_dec_and_test(r)) return false
  mutex_lock(lock)
  if (refcount_read(r) === 0) return true`,
    breaks:
      'The last reference is dropped before the lock is taken: a lookup under the lock revives the object.',
    oracle: explore('kref-mutex kref-mutex-3'),
  },
  {
    name: 'refcount-wraps',
    file: 'src/sync/refcount.ts',
    find: "  if (old === 0) saturate(r, 'refcount_t: addition on 0; use-after-free.')\n  else if (old < 0 || old + 1 > 0x7fff_ffff)",
    replace:
      "  if (old === 0) saturate(r, 'refcount_t: addition on 0; use-after-free.')\n  else if (old < 0)",
    breaks: 'A count that overflows is not kept where it can do no harm.',
    oracle: unit('test/sync/refcount.test.ts'),
  },
  {
    name: 'signal-flag-after-publishing',
    file: 'src/sync/park.ts',
    find: `  WRITE_ONCE(task + INTR_WORD, word)
  const result = READ_ONCE(task + SIGNAL) === 0 ? futex_wait(word, seen, timeoutNs) : -EINTR`,
    replace: `  const free = READ_ONCE(task + SIGNAL) === 0
  WRITE_ONCE(task + INTR_WORD, word)
  const result = free ? futex_wait(word, seen, timeoutNs) : -EINTR`,
    breaks:
      'A sleeper looks for a signal before it publishes where it sleeps: one that comes between is lost.',
    oracle: explore('completion-tokens:interruptible-in-vain'),
  },
  {
    name: 'semaphore-up-wakes-one',
    file: 'src/sync/semaphore.ts',
    find: '(seen & MANY) !== 0 ? ALL : units)',
    replace: '(seen & MANY) !== 0 ? ALL : 1)',
    breaks: 'up of two units wakes one of two sleepers.',
    oracle: explore('semaphore-up-two'),
  },
  {
    name: 'semaphore-refused-units-stay',
    file: 'src/sync/semaphore.ts',
    find: `    fetch_sub(sem, units * UNIT)
    return false`,
    replace: '    return false',
    breaks: 'An up that is refused has given its units all the same.',
    oracle: unit('test/sync/ends.test.ts'),
  },
  {
    name: 'wait-queue-looks-before-it-counts',
    file: 'src/sync/wait_queue.ts',
    find: `  fetch_add(wq, 1)
  fetch_add(wq + XSEQ, 1)
  if (READ_ONCE(wq + WAITERS) === 0) return`,
    replace: `  if (READ_ONCE(wq + WAITERS) === 0) return
  fetch_add(wq, 1)
  fetch_add(wq + XSEQ, 1)`,
    breaks: 'wake_up looks for waiters before it changes the sequence.',
    oracle: {
      equivalent:
        'A waiter counts itself, then tests its condition; who wakes has stored the condition, then looks at the count. All of these are marked and in one order: if the count is 0, the waiter comes later and sees the condition.',
    },
  },
  {
    name: 'wait-queue-exclusive-quits-in-silence',
    file: 'src/sync/wait_queue.ts',
    find: `  if (exclusive && !met) futex_wake(wq + XSEQ, 1)
`,
    replace: '',
    breaks: 'An exclusive waiter that gives up keeps the wake-up that was meant for one of them.',
    oracle: explore('wait-queue-in-front'),
  },
  {
    name: 'wait-queue-timeout-without-last-look',
    file: 'src/sync/wait_queue.ts',
    find: `    met = condition()
    if (met || expired ||`,
    replace: `    met = !expired && condition()
    if (met || expired ||`,
    breaks: 'A waiter whose time is up does not look once more: what came with it is not seen.',
    oracle: unit('test/sync/wait_queue.test.ts'),
  },
  {
    name: 'completion-timeout-at-the-last-moment',
    file: 'src/sync/completion.ts',
    find: `  if (!take(x, 0) && wait_slow(x, deadline) !== 0) return 0
  return Math.max(1, deadline - ktime_get_ns())`,
    replace: `  if (!take(x, 0) && wait_slow(x, deadline) !== 0) return 0
  return deadline - ktime_get_ns()`,
    breaks: 'A waiter that passes in the moment in which its time is up is told that it has not passed.',
    oracle: explore('completion-tokens:timed'),
  },
  {
    name: 'completion-async-passes-in-silence',
    file: 'src/sync/completion.ts',
    find: `    if ((seen & ASYNC) !== 0) futex_wake(x, ALL)
    return 0`,
    replace: '    return 0',
    breaks: 'An asynchronous waiter that passes takes the mark of all away and wakes none of them.',
    oracle: {
      equivalent:
        'Who sleeps with the mark in the word slept while nothing was done; the first completion after that saw the mark and wakes all, and only after it can anybody pass and take the mark away. So whoever slept has been woken, and sets the mark again.',
    },
  },
  {
    name: 'completion-async-end-in-silence',
    file: 'src/sync/completion.ts',
    find: `  fetch_and(x, ~ASYNC)
  futex_wake(x, ALL)`,
    replace: '  fetch_and(x, ~ASYNC)',
    breaks: 'An asynchronous waiter that gives up takes the mark of all away and wakes none of them.',
    oracle: explore('completion-tokens:async+async-abort'),
  },
  {
    name: 'channel-take-wakes-receivers',
    file: 'src/sync/channel.ts',
    find: '  signals: EMPTIED,',
    replace: '  signals: FILLED,',
    breaks: 'A slot that becomes free is told to who waits for elements.',
    oracle: explore('channel channel-3 channel-receivers'),
  },
  {
    name: 'channel-close-forgets-senders',
    file: 'src/sync/channel.ts',
    find: `  condition_broadcast(as(c + FILLED))
  condition_broadcast(as(c + EMPTIED))`,
    replace: '  condition_broadcast(as(c + FILLED))',
    breaks: 'Closing a full channel leaves its senders asleep.',
    oracle: explore('channel-close'),
  },
  {
    name: 'latch-opens-in-silence',
    file: 'src/sync/latch.ts',
    find: 'if (left === 0 && (seen & WAITED) !== 0)',
    replace: 'if (left === 0 && (seen & WAITED) > 0)',
    breaks: 'The last count wakes nobody: the mark of sleepers is the sign bit.',
    oracle: explore('latch'),
  },
  {
    name: 'barrier-withdraws-from-the-next-round',
    file: 'src/sync/barrier.ts',
    find: '    if (ended || (seen & MAX_PARTIES)',
    replace: '    if ((seen & MAX_PARTIES)',
    breaks: 'A party whose time is up takes itself out of a round that it is not in.',
    oracle: explore('barrier-timeout-3'),
  },
  {
    name: 'park-word-stays-published',
    file: 'src/sync/park.ts',
    find: `  WRITE_ONCE(task + INTR_WORD, 0)
  return result`,
    replace: '  return result',
    breaks: 'A task that has woken still says where it sleeps: who sends it a signal never returns.',
    oracle: explore('completion-tokens:interruptible'),
  },
  {
    name: 'refcount-underflow-is-free',
    file: 'src/sync/refcount.ts',
    find: `  if (old <= 0) saturate(r, 'refcount_t: underflow; use-after-free.')
  return false`,
    replace: '  return false',
    breaks: 'A put too many is not kept where it can do no harm.',
    oracle: unit('test/sync/refcount.test.ts'),
  },
  {
    name: 'percpu-ref-dead-may-be-had',
    file: 'src/sync/percpu_ref.ts',
    find: `export function percpu_ref_tryget_live(ref: PercpuRef): boolean {
  return step(ref, STEP)`,
    replace: `export function percpu_ref_tryget_live(ref: PercpuRef): boolean {
  return step(ref, STEP) || hold(ref)`,
    breaks: 'tryget_live gives references to what is being killed.',
    oracle: unit('test/sync/percpu_ref.test.ts'),
  },
  {
    name: 'notifier-unregister-errno',
    file: 'src/sync/notifier.ts',
    find: `    link = at + NEXT
  }
  return -ENOENT`,
    replace: `    link = at + NEXT
  }
  return 0`,
    breaks: 'Taking a block off a chain that it is not on succeeds.',
    oracle: unit('test/sync/notifier.test.ts'),
  },
  {
    name: 'notifier-bad-stops-nobody',
    file: 'src/sync/notifier.ts',
    find: `    if ((result & NOTIFY_STOP_MASK) !== 0) return result
    nb = next`,
    replace: `    if (result === NOTIFY_STOP) return result
    nb = next`,
    breaks: 'A block that refuses an event does not keep it from the others.',
    oracle: unit('test/sync/notifier.test.ts'),
  },
]
