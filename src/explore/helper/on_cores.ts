/**
 * Explores a user's program on several cores: the searches are those of one core, split as those of models are (parallel.ts). Where one
 * core would search by states and by DPOR in turn, both run at the same time.
 *
 * Failure   which of the failing schedules is found first is a matter of luck where several cores search. So one core looks for it once
 *           more: what it finds is what is found with one core alone.
 */
import type { Crew } from '../crew.ts'
import { phasesOf, type ExploreOptions } from '../explore.ts'
import type { OfProgram } from '../jobs.ts'
import { Finer, searched, Split, type OnProgress } from '../parallel.ts'
import { isLast, STATES, type Phase } from '../searches/phase.ts'
import type { SearchResult } from '../searches/search.ts'
import type { Verdict } from '../verdict.ts'
import type { Explored, Judged, Met } from './judged.ts'
import type { ProgramRef } from './program_file.ts'
import { RefusedError } from './refused.ts'
import { concluded, together, toldTogether, type Told } from './verdicts.ts'
import { ENDLESS } from './watchdog.ts'

const endless = (): Error => new RefusedError('ERR_EXPLORE_SWALLOWED', ENDLESS)

/** Searches that run one after the other, and those that run at the same time. */
function groupsOf(options: ExploreOptions, { stateless }: Told): readonly (readonly Phase[])[] {
  return phasesOf(options).map((phase) => {
    const beside = stateless === '' && phase.search === 'dpor' && options.search !== 'dpor'
    return beside ? [{ ...phase, search: STATES }, phase] : [phase]
  })
}

/** One exploration, on cores that look at the memory equally finely. */
async function once(
  crew: Crew,
  of: OfProgram,
  met: Met,
  options: ExploreOptions,
  onProgress: OnProgress,
): Promise<Verdict> {
  const results: SearchResult[] = []
  let { told } = met
  for (const group of groupsOf(options, told)) {
    const splits = group.map((phase) => new Split(crew, of, phase))
    // eslint-disable-next-line no-await-in-loop -- one search after the other
    const found = await searched(splits, { onProgress, stuck: endless })
    for (const split of splits) if (split.told !== undefined) told = toldTogether(told, split.told)
    results.push(...found)
    if (found.some(isLast)) break
  }
  const failing = results.find(({ first }) => first !== undefined)
  const failure =
    failing?.first &&
    (await crew.submit({ kind: 'describe', ...of, search: failing.search, found: failing.first }))
  return concluded(told, results, failure, undefined)
}

/** Explores on all cores of a crew, as one core does. */
export async function exploreOnCores(
  crew: Crew,
  program: ProgramRef,
  options: ExploreOptions,
  onProgress: OnProgress,
): Promise<Explored> {
  const executed = new Int32Array(new SharedArrayBuffer(4))
  const of = { program, spurious: false, attempt: 0 }
  // To start a core and load the program there takes a while: all do it at the same time.
  const meetings = Array.from({ length: crew.cores }, async () => crew.submit({ kind: 'meet', ...of }))
  const [met] = (await Promise.all(meetings)) as [Met]
  const onOne = async (): Promise<Judged> =>
    crew.submit({ kind: 'explore program', ...of, options, executed })
  const { identity } = met
  if (crew.cores === 1) return { ...(await onOne()), identity }
  const verdict = await onAll(crew, of, met, options, onProgress)
  if (verdict.verdict !== 'fails') return { verdict, cause: undefined, identity }
  const again = await onOne()
  return { ...(again.verdict.verdict === 'fails' ? again : { verdict, cause: undefined }), identity }
}

/** The same without spurious wake-ups, and if that holds, with them. */
async function onAll(
  crew: Crew,
  of: OfProgram,
  met: Met,
  options: ExploreOptions,
  onProgress: OnProgress,
): Promise<Verdict> {
  const plain = await finely(crew, of, met, options, onProgress)
  if (plain.verdict === 'fails' || met.spuriousWakeups === 0) return plain
  return together(plain, await finely(crew, { ...of, spurious: true }, met, options, onProgress))
}

/** Again and again, as long as something about the memory is learned. */
async function finely(
  crew: Crew,
  of: OfProgram,
  met: Met,
  options: ExploreOptions,
  onProgress: OnProgress,
): Promise<Verdict> {
  let known = of
  for (;;) {
    try {
      // eslint-disable-next-line no-await-in-loop -- one attempt after the other
      return await once(crew, known, met, options, onProgress)
    } catch (error) {
      if (!(error instanceof Finer)) throw error
      known = { ...known, grain: error.grain, attempt: known.attempt + 1 }
    }
  }
}
