/**
 * What a core does for a user's program that several explore. The program of the last job stays set up: parts of one search come in
 * quick succession, and what was learned of its bodies is of use for the next.
 *
 * Grain    all cores look at the memory equally finely, or their schedules would not be the same: who learns that it has to be looked at
 *          more finely says so in place of a result, and the whole search starts again.
 */
import { describe } from '../explore.ts'
import type { AnswerOf, Give, Job, OfProgram, Regrain } from '../jobs.ts'
import { partOf } from '../searches/part_of.ts'
import { runPhase } from '../searches/phase.ts'
import { explore } from './explore_sync.ts'
import { REGRAIN, type Grain } from './grain.ts'
import { identityOf } from './identity.ts'
import type { Judged, Met } from './judged.ts'
import { loadProgram } from './program_file.ts'
import type { Program } from './program.ts'
import { grainOf, Setting, type UserStage } from './stage.ts'
import { standIn } from './taken_out.ts'
import { causeOf, DEFAULT_MS, toldOf, unrepeatable } from './verdicts.ts'
import { guarded } from './watchdog.ts'

// Before a user's module is loaded: it may take functions out of Atomics.
standIn()

interface SetUp {
  readonly key: string
  readonly program: Program
  readonly grain: Grain
  readonly setting: Setting
}

let last: SetUp | undefined

async function setUp({ program: ref, spurious, grain: known, attempt }: OfProgram): Promise<SetUp> {
  const key = JSON.stringify([ref, spurious, attempt])
  if (last?.key === key) return last
  last = undefined
  const program = await loadProgram(ref)
  const grain = grainOf(program)
  if (known !== undefined) grain.adopt(known)
  last = { key, program, grain, setting: new Setting(program, grain, { spurious }) }
  return last
}

/** Runs `use`; what it has learned of the grain is told in its place. */
async function used<R>(
  job: OfProgram,
  ms: number,
  use: (stage: UserStage, program: Program) => R,
): Promise<R | Regrain> {
  const { setting, program, grain } = await setUp(job)
  try {
    return guarded(ms, () => setting.use((stage) => use(stage, program)))
  } catch (error) {
    last = undefined
    if (error === REGRAIN) return { grain: grain.data }
    throw error
  }
}

/** Of what was thrown, what can be posted to another thread. */
function posted(cause: unknown): unknown {
  try {
    return structuredClone(cause)
  } catch {
    return new Error(String(cause))
  }
}

/** Does a job about a program. */
export async function doProgramJob(job: Extract<Job, OfProgram>, give: Give): Promise<AnswerOf<Job>> {
  switch (job.kind) {
    case 'meet':
      return (await used(job, DEFAULT_MS, (stage, program) => ({
        told: toldOf(stage, program),
        identity: identityOf(program),
        spuriousWakeups: program.spuriousWakeups ?? 0,
      }))) as Met
    case 'search': {
      const { phase } = job
      return used(job, phase.ms ?? Infinity, (stage, program) => ({
        ...runPhase(stage.engine, phase, partOf(job, give)),
        told: toldOf(stage, program),
      }))
    }
    case 'describe': {
      const { search, found } = job
      const failure = unrepeatable(search, found)
      if (failure !== undefined) return failure
      return (await used(job, DEFAULT_MS, (stage) => describe(stage, search, found))) as AnswerOf<typeof job>
    }
    case 'explore program':
    default: {
      last = undefined
      const { executed } = job
      const verdict = explore(await loadProgram(job.program), {
        ...job.options,
        progress: ({ executions }) => Atomics.store(executed, 0, executions),
      })
      const judged: Judged = { verdict, cause: posted(causeOf(verdict)) }
      return judged
    }
  }
}
