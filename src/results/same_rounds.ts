/**
 * Rows of one run, round by round: what the computer did to a round, it did to both.
 */
import { medianInterval } from './stats.ts'
import type { Interval, StormResult } from './storm.ts'

/** A row as far as it is needed here. */
type Row = Pick<StormResult, 'rounds'> & { readonly wallMs: Pick<StormResult['wallMs'], 'samples'> }

/** Wall times of the rounds that both rows have, milliseconds. */
export function sameRounds(a: Row, b: Row): [number, number][] {
  const others = new Map(b.rounds.map((round, i) => [round, b.wallMs.samples[i] as number]))
  return a.rounds.flatMap((round, i): [number, number][] => {
    const other = others.get(round)
    return other === undefined ? [] : [[a.wallMs.samples[i] as number, other]]
  })
}

/** Median of `of` over the rounds that both rows have, with its interval; null if there are none. */
export function overRounds(a: Row, b: Row, of: (a: number, b: number) => number): Interval | null {
  const each = sameRounds(a, b)
    .filter(([mine, other]) => mine > 0 && other > 0)
    .map(([mine, other]) => of(mine, other))
  return each.length === 0 ? null : medianInterval(each)
}
