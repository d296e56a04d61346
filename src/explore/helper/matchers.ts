/**
 * Matchers for test runners whose `expect` has `extend`: vitest, jest. They import neither: the runner's own `expect` is given them.
 *
 * Refusals  a program that cannot be judged throws RefusedError out of each matcher, so `not` never makes a refusal pass.
 */
import { summaryOf, type Verdict } from '../verdict.ts'
import type { AsyncProgram } from './async_stage.ts'
import { exploreAsync } from './explore_async.ts'
import { explore } from './explore_sync.ts'
import { errorOf, searchOptions, type MustOptions } from './must.ts'
import type { ProgramFile } from './program_file.ts'
import type { Program } from './program.ts'
import { warnUnlessHeld } from './verdicts.ts'

/** What a matcher returns to its runner. */
interface Matched {
  readonly pass: boolean
  readonly message: () => string
}
type Judge = (
  program: Program | AsyncProgram | ProgramFile,
  verdict: Verdict,
  options: MustOptions,
) => Matched

/** What `expect(program)` can do with the matchers; R is what the runner says of the synchronous ones. */
export interface ExploreMatchers<R = void> {
  /** No interleaving that was seen fails; says on the console what was seen if that was not everything. */
  toHold(options?: MustOptions): R
  /** Every interleaving was seen, and none fails. */
  toExhaust(options?: MustOptions): R
  /** An interleaving fails with this kind of failure, or with a message that the pattern matches. */
  toFailWith(expected: string | RegExp, options?: MustOptions): R
  /** The same for async bodies: await them. */
  toHoldAsync(options?: MustOptions): Promise<void>
  toExhaustAsync(options?: MustOptions): Promise<void>
  toFailWithAsync(expected: string | RegExp, options?: MustOptions): Promise<void>
}

function found(
  program: Program | AsyncProgram | ProgramFile,
  verdict: Verdict,
  options: MustOptions,
): string {
  return verdict.verdict === 'holds' ? summaryOf(verdict) : errorOf(program, verdict, options).message
}

const holds: Judge = (program, verdict, options) => {
  const pass = verdict.failure === undefined
  if (pass) warnUnlessHeld(verdict)
  return { pass, message: () => found(program, verdict, options) }
}

const exhausts: Judge = (program, verdict, options) => ({
  pass: verdict.verdict === 'holds',
  message: () => found(program, verdict, options),
})

const failsWith =
  (expected: string | RegExp): Judge =>
  (program, verdict, options) => {
    const { failure } = verdict
    const matches = ({ kind, message }: { kind: string; message: string }): boolean =>
      typeof expected === 'string' ? kind === expected : expected.test(message) || expected.test(kind)
    return {
      pass: failure !== undefined && matches(failure),
      message: () => `It was to fail with ${String(expected)}. ${found(program, verdict, options)}`,
    }
  }

function judged(judge: Judge, program: Program | ProgramFile, options: MustOptions): Matched {
  return judge(program, explore(program, searchOptions(options)), options)
}

async function judgedAsync(judge: Judge, program: AsyncProgram, options: MustOptions): Promise<Matched> {
  return judge(program, await exploreAsync(program, searchOptions(options)), options)
}

/** Give them to the runner once, in a set-up file: `expect.extend(matchers)`. */
export const matchers = {
  toHold: (program: Program | ProgramFile, options: MustOptions = {}): Matched =>
    judged(holds, program, options),
  toExhaust: (program: Program | ProgramFile, options: MustOptions = {}): Matched =>
    judged(exhausts, program, options),
  toFailWith: (
    program: Program | ProgramFile,
    expected: string | RegExp,
    options: MustOptions = {},
  ): Matched => judged(failsWith(expected), program, options),
  toHoldAsync: async (program: AsyncProgram, options: MustOptions = {}): Promise<Matched> =>
    judgedAsync(holds, program, options),
  toExhaustAsync: async (program: AsyncProgram, options: MustOptions = {}): Promise<Matched> =>
    judgedAsync(exhausts, program, options),
  toFailWithAsync: async (
    program: AsyncProgram,
    expected: string | RegExp,
    options: MustOptions = {},
  ): Promise<Matched> => judgedAsync(failsWith(expected), program, options),
}
