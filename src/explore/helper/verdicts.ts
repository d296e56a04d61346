/**
 * From the results of searches to a verdict and its errors.
 */
import type { Found, SearchResult } from '../searches/search.ts'
import { summaryOf, verdictOf, type Failure, type Verdict } from '../verdict.ts'
import type { UserStage } from './stage.ts'

/** A program did not hold, or was not seen whole. The message has the ladder; `cause` is what a body or check threw. */
export class ExplorationError extends Error {
  override readonly name: string = 'ExplorationError'
  /** ERR_EXPLORE_FAILED: an interleaving fails. ERR_EXPLORE_NOT_EXHAUSTED: the budget ended before all were seen. */
  readonly code: 'ERR_EXPLORE_FAILED' | 'ERR_EXPLORE_NOT_EXHAUSTED'
  readonly #verdict: Verdict

  /** @param kept the file that the failure is kept in */
  constructor(verdict: Verdict, kept = '') {
    const lines = [summaryOf(verdict), '', ...(verdict.failure?.ladder ?? verdict.limits ?? [])]
    if (kept !== '') lines.push('', `Kept in ${kept}: replayFile(program, '${kept}') runs it again.`)
    const cause = causes.get(verdict)
    super(lines.join('\n'), cause === undefined ? undefined : { cause })
    this.code = verdict.failure === undefined ? 'ERR_EXPLORE_NOT_EXHAUSTED' : 'ERR_EXPLORE_FAILED'
    this.#verdict = verdict
  }

  get verdict(): Verdict {
    return this.#verdict
  }
}

/** Below the five seconds that test runners give a test. */
export const DEFAULT_MS = 4000
/** What a body or check threw, beside the verdict: that is plain data. */
const causes = new WeakMap<Verdict, unknown>()

const RACY =
  'Plain accesses were interleaved like atomic ones, in pieces of at most four bytes; JavaScript with data races may show more.'

const RATIONED =
  'A body polls by time-outs or timers: after 64 in a row without a change they were only run in turn with those of the others.'

const UNTOLD =
  'This runtime does not tell of async functions that synchronous bodies call: what they do after an await was not seen. Node and Deno do.'

/** What a program has turned out to be, as far as its verdict has to say so. Plain data. */
export interface Told {
  readonly name: string
  /** Sources of chance that bodies have asked. */
  readonly chance: readonly string[]
  /** A body polls, and not every order of that was seen. */
  readonly rationed: boolean
  /** Why equal states cannot be told; '' if they can. */
  readonly stateless: string
  /** Nothing tells of async functions that bodies call. */
  readonly untold: boolean
  /** Plain accesses were interleaved. */
  readonly racy: boolean
}

/** What is to be told of a program that is set up. */
export function toldOf(
  { model, chance, engine, stateless, untold }: UserStage,
  { races }: { readonly races?: boolean },
): Told {
  const { rationed } = engine
  return { name: model.name, chance: [...chance], rationed, stateless, untold, racy: races === false }
}

/** What is to be told of a program of which two have told. */
export function toldTogether(one: Told | undefined, other: Told): Told {
  if (one === undefined) return other
  return {
    ...other,
    chance: [...new Set([...one.chance, ...other.chance])],
    rationed: one.rationed || other.rationed,
  }
}

/** What a verdict without failure does not cover. */
function limitsOf({ chance, rationed, stateless, untold, racy }: Told, exhausted: boolean): string[] {
  return [
    ...(exhausted || rationed ? [] : ['The budget ended before every interleaving was seen.']),
    ...(rationed ? [RATIONED] : []),
    ...(exhausted || stateless === '' ? [] : [`Equal states were not told from each other: ${stateless}.`]),
    ...(chance.length === 0
      ? []
      : [
          `A body asked ${chance.join(', ')}, of which only some values were tried: use choose(n) to have all.`,
        ]),
    ...(racy ? [RACY] : []),
    ...(untold ? [UNTOLD] : []),
  ]
}

/** The failure, if it is one that cannot be repeated, so neither shortened nor drawn. */
export function unrepeatable(search: string, { kind, message, at, steps }: Found): Failure | undefined {
  if (kind !== 'uncontrolled nondeterminism') return undefined
  const ladder = [`Uncontrolled nondeterminism: ${message}.`]
  return { kind, message, search, at, replay: '', preemptions: 0, steps, ladder }
}

/** The verdict of an exploration. `cause`: what a body or check threw. */
export function concluded(
  told: Told,
  results: readonly SearchResult[],
  failure: Failure | undefined,
  cause: unknown,
): Verdict {
  const plain = verdictOf({ name: told.name, summary: '' }, results, failure)
  if (failure !== undefined) return causedBy(plain, cause)
  const limits = limitsOf(told, plain.verdict === 'holds')
  return { ...plain, verdict: told.chance.length > 0 ? 'passed' : plain.verdict, limits }
}

/** Keeps what a body or check threw beside the verdict of its failure. */
export function causedBy(verdict: Verdict, cause: unknown): Verdict {
  if (cause !== undefined) causes.set(verdict, cause)
  return verdict
}

/** What a body or check threw, if that is the failure. */
export function causeOf(verdict: Verdict): unknown {
  return causes.get(verdict)
}

/** What comes of a program without spurious wake-ups, and with them. */
export function together(plain: Verdict, woken: Verdict): Verdict {
  const coverage = [...plain.coverage, ...woken.coverage]
  if (woken.verdict === 'fails') return Object.assign(woken, { coverage })
  return { ...woken, coverage, verdict: plain.verdict === 'holds' ? woken.verdict : plain.verdict }
}

/** Says on the console what was covered if that was not everything. */
export function warnUnlessHeld(verdict: Verdict): void {
  if (verdict.verdict !== 'holds') console.warn(`${summaryOf(verdict)}. ${(verdict.limits ?? []).join(' ')}`)
}
