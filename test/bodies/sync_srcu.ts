/** Bodies for the tests of SRCU. Each takes the addresses it works on. */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import { num_possible_cpus } from '../../src/mem/arena.ts'
import {
  call_srcu,
  poll_state_synchronize_srcu,
  srcu_barrier,
  srcu_callbacks,
  srcu_down_read,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_up_read,
  start_poll_synchronize_srcu,
  synchronize_srcu,
} from '../../src/sync/srcu.ts'
import { SRCU_SLOT_WORDS, srcu_struct, UNLOCKS } from '../../src/sync/srcu_struct.ts'
import { arrive, await_blocked, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'

type Synchronize = (ssp: number) => void

/** One drain only, of the index that nobody uses, and then the flip: readers of the other one are not waited for. */
function singleDrain(ssp: number): void {
  const idx = READ_ONCE(ssp) & 1
  for (let cpu = 0; cpu < num_possible_cpus(); cpu++) {
    const at = read(ssp + srcu_struct.offset.sda) + cpu * SRCU_SLOT_WORDS + (idx ^ 1)
    while (READ_ONCE(at + UNLOCKS) !== READ_ONCE(at)) nap()
  }
  WRITE_ONCE(ssp, idx ^ 1)
}

/** CPU 0 publishes new elements and frees the old ones after a grace period; the others must never see a freed one. */
function publishAndFree(cpu: number, cpus: number, arg: SyncArg, synchronize: Synchronize): number {
  const ssp = as<'srcu_struct'>(arg.object)
  const current = arg.words
  const slots = arg.words + 1
  const stop = arg.stage
  if (cpu === 0) {
    await_stage(stop, cpus - 1)
    for (let i = 1; i <= arg.rounds; i++) {
      const old = READ_ONCE(current)
      const next = (old + 1) % 4
      write(slots + next, 1)
      WRITE_ONCE(current, next)
      synchronize(ssp)
      WRITE_ONCE(slots + old, 0)
    }
    reach(stop, 1000)
    return 0
  }
  let freed = 0
  arrive(stop)
  for (let i = 0; READ_ONCE(stop) < 1000; i++) {
    const idx = srcu_read_lock(ssp)
    const element = slots + READ_ONCE(current)
    if ((i & 15) === 0) nap()
    else for (let polls = 0; polls < 10; polls++) read(element)
    if (READ_ONCE(element) === 0) freed++
    srcu_read_unlock(ssp, idx)
  }
  return freed
}

export function srcuReaders(cpu: number, cpus: number, arg: SyncArg): number {
  return publishAndFree(cpu, cpus, arg, (ssp) => synchronize_srcu(as(ssp)))
}

export function srcuPolled(cpu: number, cpus: number, arg: SyncArg): number {
  return publishAndFree(cpu, cpus, arg, (ssp) => {
    const cookie = start_poll_synchronize_srcu(as(ssp))
    while (!poll_state_synchronize_srcu(as(ssp), cookie)) nap()
  })
}

/** CPU 1 is inside a reader from before the grace period of one drain until after it. Returns whether its element was freed. */
export function srcuBusted(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ssp = as<'srcu_struct'>(arg.object)
  const element = arg.words + 1
  if (cpu === 0) {
    await_stage(arg.stage, 1)
    singleDrain(ssp)
    WRITE_ONCE(element, 0)
    reach(arg.stage, 2)
    return false
  }
  const idx = srcu_read_lock(ssp)
  reach(arg.stage, 1)
  await_stage(arg.stage, 2)
  const freed = READ_ONCE(element) === 0
  srcu_read_unlock(ssp, idx)
  return freed
}

/** Many updaters at once, with a reader in the way half of the time. */
export function srcuManyUpdaters(cpu: number, _cpus: number, arg: SyncArg): number {
  const ssp = as<'srcu_struct'>(arg.object)
  for (let i = 0; i < arg.rounds; i++) {
    if ((cpu & 1) === 0) {
      synchronize_srcu(ssp)
    } else {
      const idx = srcu_read_lock(ssp)
      if ((i & 7) === 0) nap()
      srcu_read_unlock(ssp, idx)
    }
  }
  return arg.rounds
}

/** CPU 0 enters, CPU 1 waits for the grace period, CPU 2 leaves in place of CPU 0. */
export function srcuUpElsewhere(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ssp = as<'srcu_struct'>(arg.object)
  if (cpu === 0) {
    WRITE_ONCE(arg.words, srcu_down_read(ssp))
    reach(arg.stage, 1)
    return true
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) {
    synchronize_srcu(ssp)
    return READ_ONCE(arg.words) === -1
  }
  await_blocked(1)
  const cookie = READ_ONCE(arg.words)
  WRITE_ONCE(arg.words, -1)
  srcu_up_read(ssp, cookie)
  return true
}

const count_callback = srcu_callbacks.define('test_count', (head) => {
  write(head + 3, read(head + 3) + 1)
})

/** Everybody queues callbacks of his own, then waits for all of them. Returns how many of his have run by then. */
export function srcuCallbacks(cpu: number, _cpus: number, arg: SyncArg): number {
  const ssp = as<'srcu_struct'>(arg.object)
  const heads = arg.words + cpu * arg.rounds * 4
  for (let i = 0; i < arg.rounds; i++) call_srcu(ssp, as(heads + i * 4), count_callback)
  srcu_barrier(ssp)
  let ran = 0
  for (let i = 0; i < arg.rounds; i++) ran += read(heads + i * 4 + 3)
  return ran
}
