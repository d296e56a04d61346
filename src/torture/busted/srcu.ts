/**
 * srcu_busted: SRCU whose grace period drains once only. Controls the pipe counts.
 *
 * State    two counters of readers per CPU and index, as in SRCU; a word as a lock for the updater
 * Flaw     the grace period flips the index and waits for the old one. It does not first wait for the one that it flips onto.
 *          A reader that has fetched the index and counts itself a whole grace period later stands on the index that the
 *          next grace period does not wait for.
 * Window   a reader dawdles now and then between fetching and counting, as if it had been preempted there.
 * Source   P. E. McKenney, "Sleepable RCU"; rcutorture's busted_srcud for the idea
 */
import {
  cmpxchg,
  cpu_relax,
  fetch_add,
  futex_wait,
  ktime_get_ns,
  read,
  READ_ONCE,
  smp_processor_id,
  write,
  WRITE_ONCE,
} from '#access'
import { CACHE_LINE_WORDS, NSEC_PER_USEC } from '../../base/constants.ts'
import { ENOMEM } from '../../base/errno.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import { struct, word } from '../../mem/layout.ts'
import { alloc_percpu } from '../../mem/percpu.ts'
import type { RcuOps } from '../rcu/ops.ts'

const srcu_busted_struct = struct('srcu_busted_struct', {
  idx: word,
  gp_seq: word,
  lock: word,
  slots: word,
  /** Always 0: what a polling updater naps on. */
  nap: word,
})
const AT = srcu_busted_struct.offset
const STRIDE = CACHE_LINE_WORDS
const UNLOCKS = 2
const PREEMPTED_NS = 100 * NSEC_PER_USEC

function slot(domain: number, cpu: number): number {
  return read(domain + AT.slots) + cpu * STRIDE
}

function dawdle(): void {
  const end = ktime_get_ns() + PREEMPTED_NS
  while (ktime_get_ns() < end) cpu_relax()
}

function readlock(domain: number): number {
  const idx = READ_ONCE(domain) & 1
  const mine = slot(domain, smp_processor_id())
  if ((READ_ONCE(mine + idx) & 0xf) === 0) dawdle()
  fetch_add(mine + idx, 1)
  return idx
}

function readunlock(domain: number, idx: number): void {
  fetch_add(slot(domain, smp_processor_id()) + UNLOCKS + idx, 1)
}

function inside(domain: number, idx: number): number {
  let left = 0
  let entered = 0
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) left += READ_ONCE(slot(domain, cpu) + UNLOCKS + idx)
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) entered += READ_ONCE(slot(domain, cpu) + idx)
  return (entered - left) | 0
}

function sync(domain: number): void {
  while (cmpxchg(domain + AT.lock, 0, 1) !== 0) futex_wait(domain + AT.nap, 0, PREEMPTED_NS)
  const old = READ_ONCE(domain) & 1
  WRITE_ONCE(domain, old ^ 1)
  while (inside(domain, old) !== 0) futex_wait(domain + AT.nap, 0, PREEMPTED_NS)
  fetch_add(domain + AT.gp_seq, 1)
  WRITE_ONCE(domain + AT.lock, 0)
}

export const srcu_busted: RcuOps = {
  name: 'srcu_busted',
  summary: 'control of the pipe counts',
  busted: 'the grace period drains one index only',
  words: srcu_busted_struct.words,
  init: (domain) => {
    const slots = alloc_percpu(STRIDE)
    write(domain + AT.slots, slots)
    return slots === 0 ? -ENOMEM : 0
  },
  readlock,
  readunlock,
  sync,
  exp_sync: sync,
  get_gp_seq: (domain) => READ_ONCE(domain + AT.gp_seq),
  readers_active: (domain) => inside(domain, 0) + inside(domain, 1),
}
