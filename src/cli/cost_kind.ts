/**
 * What a vendor's create and remove cost, as a word of the command line.
 */
import { COST_SYNTAX, parseCost } from '../storm/workloads/mdev/vendor.ts'
import type { Kind } from './kinds.ts'

/** A cost stays the word that it is: it heads the tables. */
export const cost: Kind<string> = {
  accepts: COST_SYNTAX,
  parse: (word) => (parseCost(word) === undefined ? undefined : word),
  right: 'busy:1us',
  wrong: ['nap:1ms', 'sleep', 'sleep:-1ms', 'busy:20', 'sleep:1h'],
}
