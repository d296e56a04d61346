/** Mistakes in the explorer: what commutes, what happens before what, who is woken, what is a race. */
import type { Mutant } from './mutant.ts'
import { explore as model, unit } from './oracles.ts'

const DEPENDENCE = 'src/explore/dependence.ts'
const ORDER = 'src/explore/happens_before.ts'
const FUTEX = 'src/explore/engine/futex.ts'
const CLOCKS = 'src/explore/engine/clocks.ts'
const DECIDING = 'src/explore/engine/deciding.ts'
const FUZZ = 'test/explore/fuzz.test.ts'
const ENGINE = 'test/checked/explore/engine.test.ts'

export const explore: readonly Mutant[] = [
  {
    name: 'explore-wakes-commute-with-waits',
    file: DEPENDENCE,
    find: '  if ((x & QUEUES) !== 0 && (y & (QUEUES | WAKES)) !== 0) return true',
    replace: '  if ((x & QUEUES) !== 0 && (y & QUEUES) !== 0) return true',
    breaks: 'To fall asleep and to wake others are taken to commute in one order.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-reads-before-writes-commute',
    file: DEPENDENCE,
    find: '  if ((y & WRITES) !== 0 && (x & READS) !== 0) return true',
    replace: '  if ((y & WRITES) !== 0 && (x & READS & WRITES) !== 0) return true',
    breaks: 'A read and a later write are taken to commute: traces are lost.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-time-out-without-barrier',
    file: FUTEX,
    find: 'quiescent ? QUEUES | BARRIER : QUEUES)',
    replace: 'QUEUES)',
    breaks: 'A time-out that fires because nothing else can run is taken to commute with what came before.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-sleep-set-never-wakes',
    file: 'src/explore/searches/plan.ts',
    find: 'return run.addr[q] === addr && dependent(pendingClass(run, q), cls)',
    replace: 'return run.addr[q] === addr && (pendingClass(run, q) & cls) !== 0',
    breaks: 'A CPU in the sleep set is not woken by a write that its read depends on.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-a-write-ends-the-queue',
    file: ORDER,
    find: 'if ((theirs & WRITES) !== 0) open &= ~WRITES',
    replace: 'if ((theirs & WRITES) !== 0) open = 0',
    breaks:
      'Who enters the wait queue before the last write is not in the past of who does after it: traces are lost.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-wakes-last-in-first-out',
    file: FUTEX,
    find: 'if (best < 0 || run.arrival[cpu]! < run.arrival[best]!) best = cpu',
    replace: 'if (best < 0 || run.arrival[cpu]! > run.arrival[best]!) best = cpu',
    breaks: 'Wake-ups take the sleeper that came last.',
    oracle: unit(ENGINE),
  },
  {
    name: 'explore-wake-up-orders-nothing',
    file: CLOCKS,
    find: '      if (theirs > clock[woken * cpus + u]!) clock[woken * cpus + u] = theirs\n',
    replace: '      if (theirs > clock[woken * cpus + u]!) clock[woken * cpus + u] = 0\n',
    breaks: 'What a waker did before is not in the past of the woken one: false races.',
    oracle: unit(ENGINE),
  },
  {
    name: 'explore-marked-write-excuses-plain-read',
    file: CLOCKS,
    find: `    if (writes) {
      const reader = this.#reader(slot + PLAIN_READ, cpu, mine)
      if (reader !== 0) return reader | (A_PLAIN_READ << 4)
    }`,
    replace: '',
    breaks: 'A plain read before a marked write of another CPU is no race.',
    oracle: unit(ENGINE),
  },
  {
    name: 'explore-failed-cas-is-a-write',
    file: 'src/explore/engine/perform.ts',
    find: '    run.record(CAS, addr, expected, value, old, READS)\n',
    replace: '    run.record(CAS, addr, expected, value, old, READS | WRITES)\n',
    breaks: 'A cmpxchg that fails counts as a write: more traces than there are.',
    oracle: unit(FUZZ),
  },
  {
    name: 'explore-freed-may-be-written',
    file: 'src/explore/engine/perform.ts',
    find: 'if (freed !== 0 && run.unwatched[cpu] === 0) {',
    replace: 'if (freed !== 0 && run.unwatched[cpu] !== 0) {',
    breaks: 'Freed objects may be touched.',
    oracle: unit(ENGINE),
  },
  {
    name: 'explore-lost-wake-up-is-a-deadlock',
    file: DECIDING,
    find: 'if (status === SLEEPING && this.changedSince(cpu)) this.fail',
    replace: 'if (status === SLEEPING && !this.changedSince(cpu)) this.fail',
    breaks: 'Deadlocks and lost wake-ups are taken for each other.',
    oracle: model('abba lost-wakeup'),
  },
  {
    name: 'explore-early-time-outs-unlimited',
    file: DECIDING,
    find: '        if (this.early[cpu]! < this.rules.earlyTimeouts) early |= 1 << cpu',
    replace: '        if (this.rules.earlyTimeouts > 1) early |= 1 << cpu',
    breaks: 'Time-outs never fire while others could run.',
    oracle: unit(ENGINE),
  },
  {
    name: 'explore-minimise-changes-the-failure',
    file: 'src/explore/minimise.ts',
    find: '    if ((yield policyFor(this.#engine, candidate, true)) !== this.#outcome) return false\n',
    replace: '    yield policyFor(this.#engine, candidate, true)\n',
    breaks: 'The minimised schedule need not fail any more.',
    oracle: model('abba naive-mutex'),
  },
]
