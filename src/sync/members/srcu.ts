/** SRCU, as every tool knows it. */
import { read, READ_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import * as of from '../srcu.ts'
import { SRCU_SLOT_WORDS, UNLOCKS } from '../srcu_struct.ts'
import type { GracePeriods } from './shapes.ts'

const AT = of.srcu_struct.offset
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

export const srcu: GracePeriods = {
  name: 'srcu',
  summary: 'SRCU: pipe counts of readers, every kind of grace period, callbacks and barrier',
  layout: of.srcu_struct,
  parts: [of.rcu_head],
  init: (at, name = 'srcu-torture') => of.init_srcu_struct(as(at), name),
  readlock: of.srcu_read_lock,
  readunlock: of.srcu_read_unlock,
  down_read: of.srcu_down_read,
  up_read: of.srcu_up_read,
  sync: of.synchronize_srcu,
  exp_sync: of.synchronize_srcu_expedited,
  get_gp_state: of.get_state_synchronize_srcu,
  start_gp_poll: of.start_poll_synchronize_srcu,
  poll_gp_state: of.poll_state_synchronize_srcu,
  call: of.call_srcu,
  cb_barrier: of.srcu_barrier,
  process: of.srcu_process_callbacks,
  get_gp_seq: (at) => READ_ONCE(at + AT.gp_seq) >> GP_SHIFT,
  readers_active: of.srcu_readers_active,
  cleanup: (at) => of.srcu_cleanup_text(of.cleanup_srcu_struct(as(at))),
  stats: srcuStats,
}
