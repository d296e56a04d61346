/** Bodies for the tests of ww_mutex. Each takes the addresses it works on. */
import { read, write } from '#access'
import { as } from '../../src/base/addr.ts'
import { EDEADLK } from '../../src/base/errno.ts'
import * as sync from '../../src/sync/index.ts'
import { arrive, await_stage, nap, type SyncArg } from './sync_stage.ts'

/**
 * Everybody takes two locks of a class, in the order of his CPU, and adds to a word under both. Returns how often he had to back
 * off.
 */
export function wwPairs(cpu: number, cpus: number, arg: SyncArg): number {
  const ww = as<'ww_class'>(arg.words)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  const locks = [0, 1].map((i) => as<'ww_mutex'>(arg.object + 16 * i))
  const [first, second] = (cpu & 1) === 0 ? locks : locks.toReversed()
  let backed = 0
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  for (let i = 0; i < arg.rounds; i++) {
    sync.ww_acquire_init(ctx, ww, 'pair')
    let [have, want] = [first, second] as [typeof first & number, typeof second & number]
    sync.ww_mutex_lock(have, ctx)
    if ((i & 15) === 0) nap()
    while (sync.ww_mutex_lock(want, ctx) === -EDEADLK) {
      backed++
      sync.ww_mutex_unlock(have)
      sync.ww_mutex_lock(want, ctx)
      ;[have, want] = [want, have]
    }
    write(arg.words + 8, read(arg.words + 8) + 1)
    sync.ww_mutex_unlock(first as typeof have)
    sync.ww_mutex_unlock(second as typeof have)
    sync.ww_acquire_fini(ctx)
  }
  return backed
}

/** Each has one lock and wants the other's: one of them must back off, whoever is younger. Returns what it got first. */
export function wwConflict(cpu: number, _cpus: number, arg: SyncArg): number {
  const ww = as<'ww_class'>(arg.words)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  const mine = as<'ww_mutex'>(arg.object + 16 * cpu)
  const other = as<'ww_mutex'>(arg.object + 16 * (1 - cpu))
  // CPU 0 is the older one.
  await_stage(arg.stage, cpu)
  sync.ww_acquire_init(ctx, ww, 'pair')
  sync.ww_mutex_lock(mine, ctx)
  arrive(arg.stage)
  await_stage(arg.stage, 2)
  const error = sync.ww_mutex_lock(other, ctx)
  sync.ww_mutex_unlock(mine)
  if (error === 0) sync.ww_mutex_unlock(other)
  sync.ww_acquire_fini(ctx)
  return error
}
