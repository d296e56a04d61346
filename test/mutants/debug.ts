/** Mistakes in the detectors: lockdep, kcsan, kasan, the hung-task watch. */
import type { Mutant } from './mutant.ts'
import { selftest, unit } from './oracles.ts'

const GRAPH = 'src/debug/lockdep/graph.ts'
const VALIDATE = 'src/debug/lockdep/validate.ts'
const TAKING = 'src/debug/lockdep/taking.ts'
const KASAN = 'src/debug/kasan/kasan.ts'
const KCSAN = 'src/debug/kcsan/kcsan.ts'
const ORDER = 'test/checked/debug_lockdep_order.test.ts'
const USE = 'test/checked/debug_lockdep_use.test.ts'

export const debug: readonly Mutant[] = [
  {
    name: 'lockdep-recursive-read-closes',
    file: GRAPH,
    find: '  if (next.read === 2) return prev.read === 0 ? DEP_ER : DEP_SR',
    replace: '  if (next.read !== 0) return prev.read === 0 ? DEP_ER : DEP_SR',
    breaks: 'A plain read counts as a recursive one, and real circles are not seen.',
    oracle: selftest(),
  },
  {
    name: 'lockdep-writer-like-reader',
    file: GRAPH,
    find: 'if (here.class === prev.class && (prev.read === 0 || !here.onlyRecursive)) return trail(globals, here)',
    replace: 'if (here.class === prev.class) return trail(globals, here)',
    breaks: 'A circle that recursive readers keep open is reported.',
    oracle: selftest(),
  },
  {
    name: 'lockdep-visits-once',
    file: GRAPH,
    find: 'if (seen[2 * to] === 1 || (onlyRecursive && seen[2 * to + 1] === 1)) continue',
    replace: 'if (seen[2 * to] === 1 || seen[2 * to + 1] === 1) continue',
    breaks: 'A class that was first reached by a recursive reader is not visited again by a writer.',
    oracle: unit(ORDER),
  },
  {
    name: 'lockdep-edge-keeps-first-kind',
    file: GRAPH,
    find: '    raw_write(at + E_KINDS, raw_read(at + E_KINDS) | kindOf(prev, next))\n',
    replace: '',
    breaks: 'An edge that was first seen between readers never learns of a writer.',
    oracle: unit(ORDER),
  },
  {
    name: 'lockdep-trylock-hides-what-is-below',
    file: VALIDATE,
    find: '    if (!prev.trylock) break\n',
    replace: '    break\n',
    breaks: 'What is held below a lock that was tried is not connected.',
    oracle: unit(ORDER),
  },
  {
    name: 'lockdep-rwsem-read-twice-is-fine',
    file: VALIDATE,
    find: 'if (next.read === 2 && prev.read !== 0) continue',
    replace: 'if (next.read !== 0 && prev.read !== 0) continue',
    breaks:
      'A semaphore that is read twice by one task is taken for a wrong order of two locks, or not reported.',
    oracle: unit(ORDER, 'one semaphore read twice'),
  },
  {
    name: 'lockdep-out-of-order-drops-all',
    file: TAKING,
    find: '    else this.#rebuild(globals, task, at, (held) => held.slice(1))',
    replace: '    else popHeld(task, at)',
    breaks: 'A lock that is given back out of order takes all later ones off the record.',
    oracle: unit(ORDER),
  },
  {
    name: 'lockdep-trylock-under-spinlock',
    file: TAKING,
    find: 'if (wanted === 0 || (request.flags & F_TRY) !== 0) return',
    replace: 'if (wanted === 0) return',
    breaks: 'A mutex that is tried under a spinlock is reported.',
    oracle: unit(USE),
  },
  {
    name: 'lockdep-nest-lock-not-held',
    file: TAKING,
    find: 'if (nest !== 0 && findHeld(task, nest) < 0) {',
    replace: 'if (nest !== 0 && findHeld(task, nest) < -1) {',
    breaks: 'Locks may nest under a lock that is not held.',
    oracle: unit(USE),
  },
  {
    name: 'lockdep-assertion-any-mode',
    file: 'src/debug/lockdep/assertions.ts',
    find: '  return mode < 0 || (mode === 0) === writes',
    replace: '  return mode <= 1 || writes',
    breaks: 'lockdep_assert_held_write is content with a reader.',
    oracle: unit(USE),
  },
  {
    name: 'lockdep-second-report',
    file: 'src/debug/lockdep/context.ts',
    find: '  if (left <= 1) raw_store(globals + LD.debug_locks, 0)\n',
    replace: '  if (left < 1) raw_store(globals + LD.debug_locks, 0)\n',
    breaks: 'lockdep goes on after its last report.',
    oracle: unit(ORDER),
  },
  {
    name: 'kasan-double-free-handed-out',
    file: KASAN,
    find: '      this.#doubleFree = false\n      return true',
    replace: '      this.#doubleFree = false\n      return false',
    breaks: 'An object that is freed twice is handed out twice.',
    oracle: unit('test/checked/debug_kasan.test.ts'),
  },
  {
    name: 'kasan-atomics-unchecked',
    file: KASAN,
    find: "    this.#check(addr, write ? 'Write' : 'Read')",
    replace: "    if (!write) this.#check(addr, 'Read')",
    breaks: 'Atomic writes to freed memory are not seen.',
    oracle: unit('test/checked/debug_kasan.test.ts'),
  },
  {
    name: 'kasan-first-word-behind',
    file: KASAN,
    find: '    if (raw_watched()) this.#mark(addr, words, REDZONE)',
    replace: '    if (raw_watched()) this.#mark(addr, words, ALLOCATED)',
    breaks: 'The words behind an object are not guarded.',
    oracle: unit('test/checked/debug_kasan.test.ts'),
  },
  {
    name: 'kcsan-marked-excuses-plain',
    file: KCSAN,
    find: 'if (((who | kind) & WRITE) === 0 || (who & kind & MARKED) !== 0) continue',
    replace: 'if (((who | kind) & WRITE) === 0 || ((who | kind) & MARKED) !== 0) continue',
    breaks: 'A plain access beside a marked one is not a race.',
    oracle: unit('test/checked/debug_kcsan.test.ts'),
  },
  {
    name: 'kcsan-every-atomic-orders',
    file: KCSAN,
    find: '    if (write) release(this.#globals, smp_processor_id(), addr)',
    replace: '    release(this.#globals, smp_processor_id(), addr)',
    breaks: 'A marked read orders what comes before it for others.',
    oracle: unit('test/checked/debug_kcsan.test.ts'),
  },
  {
    name: 'kcsan-sleepers-unordered',
    file: KCSAN,
    find: '    acquire(this.#globals, cpu, addr)\n    if (write) tick',
    replace: '    if (write) acquire(this.#globals, cpu, addr)\n    if (write) tick',
    breaks: 'A marked read does not order what follows it, and correct programs are reported.',
    oracle: unit('test/checked/debug_kcsan.test.ts'),
  },
  {
    name: 'hung-task-circle-at-once',
    file: 'src/debug/hung_task/wait_graph.ts',
    find: '    if (start >= 0) return path.slice(start)',
    replace: '    if (start >= 0) return path.slice(0)',
    breaks: 'A circle is reported with those that only wait for it.',
    oracle: unit('test/debug/hung_task.test.ts'),
  },
  {
    name: 'hung-task-told-for-ever',
    file: 'src/debug/hung_task/watch.ts',
    find: '    before.told = true\n',
    replace: '',
    breaks: 'A sleeper is told again and again.',
    oracle: unit('test/debug/hung_task.test.ts'),
  },
  {
    name: 'lock-stat-reader-as-writer',
    file: 'src/debug/lock_stat/lock_stat.ts',
    find: '    raw_write(entry + g.H_MODE, mode === 0 ? 0 : 1)',
    replace: '    raw_write(entry + g.H_MODE, 0)',
    breaks: 'Readers are counted as writers.',
    oracle: unit('test/checked/debug_lock_stat.test.ts'),
  },
]
