/**
 * From the results of searches to a verdict and its errors.
 */
import type { Found, SearchResult } from '../searches/search.ts'
import { summaryOf, verdictOf, type Failure, type Verdict } from '../verdict.ts'
import type { Program } from './program.ts'
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

/** What a verdict without failure does not cover. */
function limitsOf(
  { chance, engine, stateless }: UserStage,
  { races }: Program,
  exhausted: boolean,
): string[] {
  return [
    ...(exhausted || engine.rationed ? [] : ['The budget ended before every interleaving was seen.']),
    ...(engine.rationed ? [RATIONED] : []),
    ...(exhausted || stateless === '' ? [] : [`Equal states were not told from each other: ${stateless}.`]),
    ...(chance.size === 0
      ? []
      : [
          `A body asked ${[...chance].join(', ')}, of which only some values were tried: use choose(n) to have all.`,
        ]),
    ...(races === false ? [RACY] : []),
  ]
}

/** The failure, if it is one that cannot be repeated, so neither shortened nor drawn. */
export function unrepeatable(search: string, { kind, message, at, steps }: Found): Failure | undefined {
  if (kind !== 'uncontrolled nondeterminism') return undefined
  const ladder = [`Uncontrolled nondeterminism: ${message}.`]
  return { kind, message, search, at, replay: '', preemptions: 0, steps, ladder }
}

/** The verdict of an exploration. */
export function concluded(
  stage: UserStage,
  program: Program,
  results: readonly SearchResult[],
  failure: Failure | undefined,
): Verdict {
  const plain = verdictOf({ name: stage.model.name, summary: '' }, results, failure)
  if (failure !== undefined) {
    if (stage.engine.error !== undefined) causes.set(plain, stage.engine.error)
    return plain
  }
  const limits = limitsOf(stage, program, plain.verdict === 'holds')
  return { ...plain, verdict: stage.chance.size > 0 ? 'passed' : plain.verdict, limits }
}

/** Says on the console what was covered if that was not everything. */
export function warnUnlessHeld(verdict: Verdict): void {
  if (verdict.verdict !== 'holds') console.warn(`${summaryOf(verdict)}. ${(verdict.limits ?? []).join(' ')}`)
}
