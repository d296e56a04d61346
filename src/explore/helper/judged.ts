/**
 * What the cores that explore a program tell of it. Plain data.
 */
import type { Verdict } from '../verdict.ts'
import type { Identity } from './identity.ts'
import type { Told } from './verdicts.ts'

/** What is known of a program before it is searched. */
export interface Met {
  readonly told: Told
  readonly identity: Identity
  readonly spuriousWakeups: number
}

/** A verdict, and what a body or check has thrown, if that is the failure. */
export interface Judged {
  readonly verdict: Verdict
  readonly cause: unknown
}

/** The same with what the program is known by. */
export type Explored = Judged & { readonly identity: Identity }
