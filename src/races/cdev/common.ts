/**
 * What the stories of the mails of March 2017 have in common: a machine with one GPU that nobody uses.
 */
import type { Scenario } from '../../define/race.ts'

export const THREAD = 'the mails of March 2017, Switchtec v5'

/** The parts that all of them share. */
export const STORY = { boot: { parents: 1 }, free: false } as const satisfies Partial<Scenario>
