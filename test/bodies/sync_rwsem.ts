/** Bodies for the tests of rw_semaphore. Each takes the addresses it works on. */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import {
  down_read,
  down_read_trylock,
  down_write,
  down_write_timeout,
  downgrade_write,
  up_read,
  up_write,
} from '../../src/sync/rwsem.ts'
import { await_blocked, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'

/** CPU 0 writes, then reads; CPU 1 queues to read, CPU 2 to write. What CPU 1 and CPU 2 find when CPU 0 downgrades. */
export function downgrade(cpu: number, _cpus: number, arg: SyncArg): number {
  const sem = as<'rw_semaphore'>(arg.object)
  if (cpu === 0) {
    down_write(sem)
    reach(arg.stage, 1)
    await_blocked(1)
    await_blocked(2)
    downgrade_write(sem)
    await_stage(arg.stage, 2)
    const writerInside = READ_ONCE(arg.words)
    up_read(sem)
    return writerInside
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) {
    down_read(sem)
    reach(arg.stage, 2)
    up_read(sem)
  } else {
    down_write(sem)
    WRITE_ONCE(arg.words, 1)
    up_write(sem)
  }
  return 0
}

/** CPU 0 reads. CPU 1 queues to write and gives up. CPU 2, queued behind it, must then get in beside CPU 0. */
export function writerGivesUp(cpu: number, _cpus: number, arg: SyncArg): number {
  const sem = as<'rw_semaphore'>(arg.object)
  if (cpu === 0) {
    down_read(sem)
    reach(arg.stage, 1)
    await_stage(arg.stage, 2)
    up_read(sem)
    return 0
  }
  await_stage(arg.stage, 1)
  if (cpu === 1) return down_write_timeout(sem, 300_000_000)
  await_blocked(1)
  // The writer says that it blocks a moment before it announces itself.
  while (down_read_trylock(sem)) {
    up_read(sem)
    nap()
  }
  down_read(sem)
  reach(arg.stage, 2)
  up_read(sem)
  return 0
}
