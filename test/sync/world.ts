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

type Run = <T>(here: World, cpus: number, body: string | readonly string[], rounds?: number) => Promise<T[]>

/** Runs bodies of test/bodies/sync_<subject>.ts on that many CPUs. */
export function bodiesOf(subject: string): Run {
  const module = bodyModule(`sync_${subject}`)
  return ({ sab, ...addresses }, cpus, body, rounds = 0) =>
    runBodies({ sab, cpus, module, body, arg: { ...addresses, rounds }, timeoutMs: 60_000 })
}
