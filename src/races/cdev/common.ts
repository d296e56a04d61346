/**
 * What the stories of the mails of March 2017 have in common: one GPU that nobody uses, and no mdev strategy that matters.
 */
import type { Cell, Scenario } from '../../define/race.ts'

export const THREAD = 'the mails of March 2017, Switchtec v5'
/** The strategy that these scenarios run under: no mdev is in them. */
const ANY = 'modern'

/** The parts that all of them share. */
export function story(cell: Cell): Pick<Scenario, 'boot' | 'free' | 'apart' | 'expect'> {
  return { boot: { parents: 1 }, free: false, apart: true, expect: { [ANY]: cell } }
}
