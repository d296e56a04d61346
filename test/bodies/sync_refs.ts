/** Bodies for the tests of kref and percpu_ref. Each takes the addresses it works on. */
import { READ_ONCE, WRITE_ONCE } from '#access'
import { as } from '../../src/base/addr.ts'
import { kref_get_unless_zero, kref_put } from '../../src/sync/kref.ts'
import {
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../../src/sync/percpu_ref.ts'
import { arrive, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'

/** Everybody gets and puts; the last put, whoever makes it, releases. Returns how often it released. */
export function getAndPut(_cpu: number, cpus: number, arg: SyncArg): number {
  const k = as<'kref'>(arg.object)
  let released = 0
  const release = (): void => {
    released++
  }
  for (let i = 0; i < arg.rounds; i++) {
    if (!kref_get_unless_zero(k)) break
    kref_put(k, release)
  }
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  kref_put(k, release)
  return released
}

/** Uses an object while percpu references can be had; CPU 0 kills the count. Returns uses after the end was announced. */
export function percpuUse(cpu: number, cpus: number, arg: SyncArg): number {
  const ref = as<'percpu_ref'>(arg.object)
  if (cpu === 0) {
    await_stage(arg.stage, cpus - 1)
    for (let i = 0; i < 20; i++) nap()
    percpu_ref_kill(ref)
    percpu_ref_wait(ref)
    WRITE_ONCE(arg.words, 1)
    return 0
  }
  let late = 0
  arrive(arg.stage)
  while (percpu_ref_tryget_live(ref)) {
    for (let i = 0; i < 20; i++) if (READ_ONCE(arg.words) === 1) late++
    percpu_ref_put(ref)
  }
  return late
}

/** A reference taken here is put elsewhere: CPU 1 takes, CPU 2 puts, CPU 0 kills and waits. */
export function percpuHandOver(cpu: number, _cpus: number, arg: SyncArg): boolean {
  const ref = as<'percpu_ref'>(arg.object)
  if (cpu === 1) {
    for (let i = 0; i < arg.rounds; i++) percpu_ref_tryget_live(ref)
    reach(arg.stage, 1)
    return true
  }
  await_stage(arg.stage, 1)
  if (cpu === 2) {
    for (let i = 0; i < arg.rounds; i++) percpu_ref_put(ref)
    return true
  }
  percpu_ref_kill(ref)
  percpu_ref_wait(ref)
  return true
}
