/** CPU 0 holds a lock and never gives it back; CPU 1 wants it. */
import { gracePeriods, locks, type Lock } from '../../src/sync/members/index.ts'
import { await_stage, reach } from './sync_stage.ts'

export interface DeadOwnerArg {
  readonly kind: string
  readonly lock: number
  /** 1: it is held. 2: the holder is gone. */
  readonly stage: number
}

interface Kind {
  readonly words: number
  init(this: void, lock: number): void
  hold(this: void, lock: number): void
  want(this: void, lock: number): void
}

/** Each way to hold the lock, against each way to want it. */
function kindsOf({ name, layout, init, lock, shared, optimistic }: Lock): [string, Kind][] {
  const of = { words: layout.words, init: (at: number) => void init(at, 'test') }
  const reader = shared?.lock ?? (optimistic && ((at: number) => void optimistic.begin(at)))
  if (reader === undefined) return [[name, { ...of, hold: lock, want: lock }]]
  return [
    [`${name} (write), for a reader`, { ...of, hold: lock, want: reader }],
    [`${name} (write), for a writer`, { ...of, hold: lock, want: lock }],
    ...(shared === undefined
      ? []
      : [[`${name} (read)`, { ...of, hold: shared.lock, want: lock }] as [string, Kind]]),
  ]
}

export const kinds: Readonly<Record<string, Kind>> = Object.fromEntries([
  ...locks.flatMap(kindsOf),
  ...gracePeriods.map(({ name, layout, init, readlock, sync }): [string, Kind] => [
    `${name} (reader)`,
    { words: layout.words, init: (at) => void init(at), hold: (at) => void readlock(at), want: sync },
  ]),
])

/** Ends with a terminated worker on either CPU, not by itself. */
export function holdAndWant(cpu: number, _cpus: number, arg: DeadOwnerArg): void {
  const kind = kinds[arg.kind] as Kind
  if (cpu === 0) {
    kind.hold(arg.lock)
    reach(arg.stage, 1)
    await_stage(arg.stage, 3)
  } else {
    await_stage(arg.stage, 2)
    kind.want(arg.lock)
  }
}
