/**
 * SRCU as rcutorture sees it.
 */
import { read, READ_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import {
  call_srcu,
  cleanup_srcu_struct,
  get_state_synchronize_srcu,
  init_srcu_struct,
  poll_state_synchronize_srcu,
  srcu_barrier,
  srcu_cleanup_text,
  srcu_down_read,
  srcu_process_callbacks,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_readers_active,
  srcu_struct,
  srcu_up_read,
  start_poll_synchronize_srcu,
  synchronize_srcu,
  synchronize_srcu_expedited,
} from '../../sync/srcu.ts'
import { SRCU_SLOT_WORDS, UNLOCKS } from '../../sync/srcu_struct.ts'
import type { RcuOps } from './ops.ts'

const AT = srcu_struct.offset
/** Grace periods are counted above the flags of gp_seq. */
const GP_SHIFT = 3

/** `Tree SRCU g6464 state 0 per-CPU(idx=0): 0(0,0 .) … T(0,0)`: readers inside by CPU and index. */
function srcuStats(ssp: number): string {
  const seq = READ_ONCE(ssp + AT.gp_seq)
  const inside = (cpu: number, idx: number): number => {
    const slot = read(ssp + AT.sda) + cpu * SRCU_SLOT_WORDS
    const left = READ_ONCE(slot + UNLOCKS + idx) & ~1
    return ((READ_ONCE(slot + idx) - left) | 0) >> 1
  }
  const cpus = Array.from(
    { length: num_possible_cpus() },
    (_, cpu) => [inside(cpu, 0), inside(cpu, 1)] as const,
  )
  const each = cpus.map(([a, b], cpu) => `${cpu}(${a},${b} .)`).join(' ')
  const [a, b] = cpus.reduce(([x, y], [c, d]) => [x + c, y + d] as const, [0, 0] as const)
  const idx = READ_ONCE(ssp) & 1
  return `Tree SRCU g${seq >>> 0} state ${seq & 3} (SRCU_SIZE_SMALL) per-CPU(idx=${idx}): ${each} T(${a},${b})`
}

export const srcu: RcuOps = {
  name: 'srcu',
  summary: 'SRCU: pipe counts of readers, every kind of grace period, callbacks and barrier',
  words: srcu_struct.words,
  init: (d) => init_srcu_struct(as(d), 'srcu-torture'),
  readlock: (d) => srcu_read_lock(as(d)),
  readunlock: (d, idx) => {
    srcu_read_unlock(as(d), idx)
  },
  down_read: (d) => srcu_down_read(as(d)),
  up_read: (d, cookie) => {
    srcu_up_read(as(d), cookie)
  },
  sync: (d) => {
    synchronize_srcu(as(d))
  },
  exp_sync: (d) => {
    synchronize_srcu_expedited(as(d))
  },
  get_gp_state: (d) => get_state_synchronize_srcu(as(d)),
  start_gp_poll: (d) => start_poll_synchronize_srcu(as(d)),
  poll_gp_state: (d, cookie) => poll_state_synchronize_srcu(as(d), cookie),
  call: (d, head, func) => call_srcu(as(d), as(head), func),
  cb_barrier: (d) => {
    srcu_barrier(as(d))
  },
  process: (d) => {
    srcu_process_callbacks(as(d))
  },
  get_gp_seq: (d) => READ_ONCE(d + AT.gp_seq) >> GP_SHIFT,
  readers_active: (d) => srcu_readers_active(as(d)),
  cleanup: (d) => srcu_cleanup_text(cleanup_srcu_struct(as(d))),
  stats: srcuStats,
}
