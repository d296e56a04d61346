/** Bodies for the tests of seqlock. Each takes the addresses it works on. */
import { data_race, write } from '#access'
import { as } from '../../src/base/addr.ts'
import * as sync from '../../src/sync/index.ts'
import { await_blocked, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'

/** CPU 0 writes pairs of equal words, the others read them. Returns how many halves of two versions a reader accepted. */
export function seqlockPairs(cpu: number, _cpus: number, arg: SyncArg): number {
  const s = as<'seqlock'>(arg.object)
  let torn = 0
  for (let i = 0; i < arg.rounds; i++) {
    if (cpu === 0) {
      sync.write_seqlock(s)
      write(arg.words, i)
      if ((i & 31) === 0) nap()
      write(arg.words + 1, i)
      sync.write_sequnlock(s)
      continue
    }
    let start: number
    let [a, b] = [0, 0]
    do {
      start = sync.read_seqbegin(s)
      a = data_race(arg.words)
      b = data_race(arg.words + 1)
    } while (sync.read_seqretry(s, start))
    if (a !== b) torn++
  }
  return torn
}

/** CPU 0 is inside a write section; CPU 1 waits it out asleep. */
export function seqlockSleeper(cpu: number, _cpus: number, arg: SyncArg): number {
  const s = as<'seqlock'>(arg.object)
  if (cpu === 0) {
    sync.write_seqlock(s)
    write(arg.words, 7)
    reach(arg.stage, 1)
    await_blocked(1)
    sync.write_sequnlock(s)
    return 7
  }
  await_stage(arg.stage, 1)
  const start = sync.read_seqbegin(s)
  const seen = data_race(arg.words)
  return sync.read_seqretry(s, start) ? -1 : seen
}
