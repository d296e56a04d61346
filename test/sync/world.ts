import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { bodyModule } from '../setup/bodies.ts'

/** A fresh arena of 9 CPUs with room for one object, a stage word and some words. */
export interface World {
  sab: SharedArrayBuffer
  object: number
  stage: number
  words: number
}

export function world(words: number = 64): World {
  const sab = createArena(1 << 19, 9)
  return { sab, object: alloc_boot(64), stage: alloc_boot(1), words: alloc_boot(words) }
}

/** Runs a body of test/bodies/sync.ts on that many CPUs. */
export function run<T>(
  { sab, ...addresses }: World,
  cpus: number,
  body: string,
  rounds: number = 0,
): Promise<T[]> {
  return runBodies<T>({ sab, cpus, module: bodyModule('sync'), body, arg: { ...addresses, rounds } })
}

/** Runs a body of test/bodies/sync_more.ts on that many CPUs. */
export function runMore<T>(
  { sab, ...addresses }: World,
  cpus: number,
  body: string,
  rounds: number = 0,
): Promise<T[]> {
  const arg = { ...addresses, rounds }
  return runBodies<T>({ sab, cpus, module: bodyModule('sync_more'), body, arg, timeoutMs: 60_000 })
}
