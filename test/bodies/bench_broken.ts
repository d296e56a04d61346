/**
 * A contender that fails at the stage which its URL names: `bench_broken.js?stage=bind`. `ours` is one that must not; `from` is the turn.
 */
import type { Contender, Section } from '../../bench/contender.ts'

const { searchParams } = new URL(import.meta.url)
const stage = searchParams.get('stage')
/** Turn from which on a later stage fails: by default the first after the sixteen with which a case warms up, which always comes. */
const from = Number(searchParams.get('from') ?? 16)
const REASON = 'out of order today'

function failAt(here: string): void {
  if (stage === here) throw new Error(`${REASON}\nand this line is too much`)
}

failAt('import')

/** What a worker does when it enters for the `turn`th time. */
function enter(view: Int32Array, cpu: number, turn: number): void {
  if (stage === 'none') return
  while (Atomics.compareExchange(view, 0, 0, 1) !== 0);
  if (turn === 0) failAt('first')
  if (turn < from || cpu === 0) return
  failAt('later')
  if (stage === 'rejects' && turn === from) void Promise.reject(new Error(REASON))
  // oxlint-disable-next-line no-throw-literal -- so do contenders
  if (stage === 'text') throw REASON
  if (stage === 'hang') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  if (stage === 'exit') process.exit(7)
}

export const contender: Contender = {
  name: 'broken',
  optional: !searchParams.has('ours'),
  unavailable() {
    failAt('unavailable')
    return Promise.resolve(stage === 'absent' ? REASON : '')
  },
  share() {
    failAt('share')
  },
  bind(view, cpu): Promise<Section> {
    failAt('bind')
    let turn = 0
    return Promise.resolve({
      enter() {
        enter(view, cpu, turn++)
      },
      leave() {
        Atomics.store(view, 0, 0)
      },
    })
  },
}
