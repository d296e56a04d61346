/**
 * `explore FILE --near report.json`: the last events of a torture that has failed, for the explorer to begin with.
 */
import { counted } from '../base/plural.ts'
import { executionsOf, type LockVerdict, type Verdict } from '../explore/index.ts'
import { guidesFor } from '../explore/near.ts'
import type { Guide } from '../explore/searches/near.ts'
import { readResult } from '../results/io.ts'
import { eventOf, type OwnEvent } from '../results/own_events.ts'
import { TORTURE_SCHEMA, type TortureRunResult } from '../results/torture.ts'
import { verdictBlocks } from '../report/explore_text.ts'
import { done, type Task } from './own_programs.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

const WANTED = 'the report of a torture of this file that has failed: lockstorm torture FILE --json REPORT'

function refuse(report: string, why: string): never {
  throw new UsageError(`--near ${report}: ${why}`)
}

/** What the report has of each test: the name of its lock, and its events. @throws UsageError */
function testsIn(report: string): readonly { readonly lock: string; readonly lines: readonly unknown[] }[] {
  let found: { readonly schema: string }
  try {
    found = readResult(report)
  } catch (error) {
    throw new UsageError(`--near ${(error as Error).message}; wanted ${WANTED}`)
  }
  if (found.schema !== TORTURE_SCHEMA) refuse(report, `it is a ${found.schema}; wanted ${WANTED}`)
  const { results } = found as Partial<TortureRunResult>
  if (!Array.isArray(results)) refuse(report, `it has no results; wanted ${WANTED}`)
  return (results as (Partial<TortureRunResult['results'][number]> | null)[]).map((result) => {
    const { type, events } = result ?? {}
    return { lock: String(type), lines: Array.isArray(events) ? events : [] }
  })
}

function readEvents(report: string, lines: readonly unknown[]): OwnEvent[] {
  return lines.map((line) => {
    const event = eventOf(line)
    return event ?? refuse(report, `its event ${JSON.stringify(line)} is not of the form '2 exchange 0 1'`)
  })
}

/** The guides of each program, by its name. @throws UsageError if the report says nothing about any of them */
function guidesIn(report: string, tasks: readonly Task[]): ReadonlyMap<string, readonly Guide[]> {
  const locks = [...new Set(tasks.map(({ lock }) => lock))]
  const tests = testsIn(report)
  const mine = tests.filter(({ lock }) => locks.includes(lock))
  if (mine.length === 0) {
    const theirs = tests.map(({ lock }) => lock).join(', ')
    refuse(
      report,
      `it is about ${theirs || 'nothing'}, and the file brings ${locks.join(', ')}; wanted ${WANTED}`,
    )
  }
  const events = new Map(mine.map(({ lock, lines }) => [lock, readEvents(report, lines)]))
  if ([...events.values()].every(({ length }) => length === 0))
    refuse(
      report,
      `it has no events of ${[...events.keys()].join(', ')}: its test has not failed, or an older version wrote it`,
    )
  const guides = tasks.map(
    ({ lock, program }) => [program.name, guidesFor(events.get(lock) ?? [], program.does)] as const,
  )
  const some = new Map(guides.filter(([, { length }]) => length > 0))
  if (some.size === 0) refuse(report, 'its events have too little of the lock for any program of it')
  return some
}

/** Explores near a report: the programs of each lock up to the first that fails. Returns the failures. @throws UsageError */
export async function exploreNear(
  session: Session,
  tasks: readonly Task[],
  report: string,
): Promise<Verdict[]> {
  const guides = guidesIn(report, tasks)
  const verdicts: Verdict[] = []
  const failed = new Map<string, Verdict>()
  // What many threads have done is nearest to what more than two do.
  for (const task of tasks.toSorted((a, b) => b.program.does.length - a.program.does.length)) {
    const { lock, program } = task
    const near = guides.get(program.name)
    if (near === undefined || failed.has(lock) || session.interrupt.asked) continue
    session.progress.show(`${program.name}: near ${report}`)
    const { verdict } = (await done<LockVerdict>(session, task, { options: {}, near })) ?? {}
    if (verdict !== undefined) verdicts.push(verdict)
    if (verdict?.failure !== undefined) failed.set(lock, verdict)
  }
  const executions = verdicts.reduce((sum, verdict) => sum + executionsOf(verdict), 0)
  const what = failed.size === 0 ? 'no failure' : `${[...failed.keys()].join(', ')} fails`
  for (const verdict of failed.values()) session.print(...verdictBlocks(verdict, true))
  session.print(
    `near ${report}: ${what}, ${counted(executions, 'execution')} of ${counted(verdicts.length, 'program')}`,
  )
  return [...failed.values()]
}
