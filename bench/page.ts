/**
 * What a page of a browser measures: the classes, in web workers, with the contenders, the loops and the rounds of Node. The playground
 * serves it with page_threads.ts in the place of threads.ts.
 */
import type { CaseResult } from './run.ts'
import { runCase } from './run.ts'
import { EFFORTS } from './sampling.ts'
import { cases } from './suites/classes.ts'

/** How a run in a page tells of itself. */
export interface Heard {
  readonly progress: (text: string) => void
  /** What a case came to. */
  readonly hear: (result: CaseResult) => void
  /** True ends it. */
  readonly stop: () => boolean
}

/** Measures case after case. */
export async function measure(effort: keyof typeof EFFORTS, { progress, hear, stop }: Heard): Promise<void> {
  for (const one of cases) {
    if (stop()) return
    hear(await runCase(one, EFFORTS[effort], progress, stop))
  }
}
