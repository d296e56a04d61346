/**
 * Runs what was recorded against the emulation, and compares.
 *
 *   passes    the same answer
 *   differs   another answer, and the one that is known and explained
 *   fails     another answer, or a difference that is there no more
 */
import { setImmediate } from 'node:timers/promises'
import { describeAction, type Answer, type Case, type Section } from './case.ts'
import { ConformanceMachine } from './machine.ts'
import { RECORDED } from './recorded/index.ts'

export type Outcome = 'passes' | 'differs' | 'fails'

/** One case that was run. */
export interface CaseResult {
  readonly section: string
  readonly action: string
  readonly was: Answer
  readonly is: Answer
  readonly outcome: Outcome
  /** Of a difference: its name in docs/conformance.md. */
  readonly why?: string
}

function same(a: Answer, b: Answer): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function outcomeOf({ was, differs }: Case, is: Answer): Outcome {
  if (differs === undefined) return same(was, is) ? 'passes' : 'fails'
  return same(differs.is, is) ? 'differs' : 'fails'
}

/** Runs a section on a machine of its own. This thread is left attached to it. */
export async function runSection(section: Section, stop: () => boolean = () => false): Promise<CaseResult[]> {
  const machine = new ConformanceMachine(section.machine)
  const results: CaseResult[] = []
  for (const one of section.cases) {
    // A signal is heard when the event loop turns.
    await setImmediate()
    if (stop()) break
    const is = await machine.run(one.action)
    const { was, action, differs } = one
    results.push({
      section: section.name,
      action: describeAction(action),
      was,
      is,
      outcome: outcomeOf(one, is),
      ...(differs !== undefined && { why: differs.why }),
    })
  }
  return results
}

/** Runs everything that was recorded. `stop` is asked before each case: true ends the run with what there is. */
export async function runConformance(
  progress: (section: string) => void = () => {},
  stop: () => boolean = () => false,
  sections: readonly Section[] = RECORDED,
): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const section of sections) {
    if (stop()) break
    progress(section.name)
    results.push(...(await runSection(section, stop)))
  }
  return results
}
