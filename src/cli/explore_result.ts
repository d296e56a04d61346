/**
 * Results of every kind of `explore`, as `--json` keeps them.
 */
import { loadavg } from 'node:os'
import { ladderEvents, LADDER_TIME } from '../report/ladder_trace.ts'
import { environment } from '../results/index.ts'
import type { Verdict } from '../explore/verdict.ts'
import type { Session } from './session.ts'

/** A result under its schema, with the machine and its load. */
export function explored(what: string, result: unknown): object {
  return { schema: `lockstorm/explore-${what}@1`, env: environment(), load: loadavg()[0], result }
}

/** The ladders of what failed, where `--trace` asks for them. */
export function traceFailures(session: Session, verdicts: readonly Verdict[]): void {
  const failed = verdicts.flatMap(({ model, failure }) =>
    failure === undefined ? [] : [{ name: `${model}: ${failure.kind}`, lines: failure.ladder }],
  )
  session.trace(LADDER_TIME, () => ladderEvents(failed))
}

/** The ladder of a schedule that was run again, where `--trace` asks for it. */
export function traceReplay(
  session: Session,
  { name }: { readonly name: string },
  { outcome, ladder }: { readonly outcome: string; readonly ladder: readonly string[] },
): void {
  session.trace(LADDER_TIME, () => ladderEvents([{ name: `${name}: ${outcome}`, lines: ladder }]))
}
