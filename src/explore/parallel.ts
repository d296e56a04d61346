/**
 * Searches on several cores. Randomised searches draw from different seeds. Searches of a tree begin on one core; when
 * another has nothing to do, the one that searches gives away what is left at its topmost node.
 *
 * Invariant  every part of the tree is with exactly one core or waits in the crew's queue; the search has ended when no
 *            part is left, and has seen everything if every part has been seen.
 */
import type { Crew } from './crew.ts'
import { phasesOf, type ExploreOptions } from './explore.ts'
import type { GrainData } from './helper/grain.ts'
import { toldTogether, type Told } from './helper/verdicts.ts'
import { ofModel, type Of } from './jobs.ts'
import { filesOfModel, TheirsBroke } from '../define/brought.ts'
import type { Model } from '../define/model.ts'
import type { Part } from './searches/cut.ts'
import { boundsUpTo, Meetings, MEETINGS_WORDS } from './searches/meetings.ts'
import { isLast, NEAR, STATES, walksTree, type Phase } from './searches/phase.ts'
import {
  EXECUTED,
  HUNGRY,
  merged,
  SHARED_WORDS,
  STOP,
  type SearchResult,
  type Subtree,
} from './searches/search.ts'
import { verdictOf, type Failure, type Verdict } from './verdict.ts'

/** Hears how far a search is. */
export type OnProgress = (search: string, executions: number) => void

const EVERY_MS = 100
/** An execution of a user's model that takes so long never ends: a step takes microseconds. */
const THEIRS_MS = 30_000

/** A loop that touches no shared word has no step at which the engine could end it. */
function neverEnds({ name }: Model): TheirsBroke {
  const why = 'a body or the set-up loops without touching shared memory'
  return new TheirsBroke(`model ${name}: an execution has not ended for ${THEIRS_MS / 1000} s: ${why}`)
}

/** A program's memory has to be looked at more finely: what was searched says nothing. */
export class Finer extends Error {
  override readonly name: string = 'Finer'
  readonly grain: GrainData

  constructor(grain: GrainData) {
    super('the search has to start again, with a finer grain')
    this.grain = grain
  }
}

/** What a part comes to in a tree that has fewer subtrees than parts. */
function nothingOf({ search }: Phase): SearchResult {
  const none = { executions: 0, redundant: 0, steps: 0, longest: 0, ms: 0, failures: {}, first: undefined }
  return { search, exhausted: true, ...none, traces: new Set() }
}

/** One search on the cores of a crew. */
export class Split {
  readonly #crew: Crew
  readonly #of: Of
  #phase: Phase
  readonly #cut: Part | undefined
  readonly #started = performance.now()
  readonly #results: SearchResult[] = []
  readonly words = new Int32Array(new SharedArrayBuffer(SHARED_WORDS * 4))
  readonly #meetings: Int32Array | undefined
  #open = 0
  #told: Told | undefined
  #finer: Finer | undefined

  constructor(crew: Crew, of: Of, phase: Phase, cut?: Part) {
    this.#crew = crew
    this.#of = of
    this.#phase = phase
    this.#cut = cut
    // Parts are searched apart, on machines that do not know what the others have met; and users' programs are not events only.
    if (phase.search === 'dfs' && cut === undefined && !('program' in of))
      this.#meetings = new Int32Array(new SharedArrayBuffer(MEETINGS_WORDS * 4))
  }

  get search(): string {
    return this.#phase.search
  }

  /** What is to be told of a program, as far as its cores have said. */
  get told(): Told | undefined {
    return this.#told
  }

  /** Runs the phase to its end. @throws {Finer} */
  async run(): Promise<SearchResult> {
    if (this.#cut !== undefined) await this.#cutOut(this.#cut)
    else if (walksTree(this.#phase)) await this.#tree()
    else await Promise.all(this.#seeds().map((phase) => this.#search(phase)))
    if (this.#finer !== undefined) throw this.#finer
    return merged(this.#results, performance.now() - this.#started)
  }

  /** Runs the tree, and again while CPUs have met on words that were not known: see searches/meetings.ts. */
  async #tree(): Promise<void> {
    const meetings = new Meetings(this.#meetings)
    for (const bound of this.#meetings ? boundsUpTo(this.#phase.bound) : [this.#phase.bound]) {
      if (bound !== undefined) this.#phase = { ...this.#phase, bound }
      for (let known = -1; known < meetings.known;) {
        known = meetings.known
        await this.#part(undefined)
        if (this.#results.some(({ exhausted }) => !exhausted)) return
      }
    }
  }

  /** Runs the subtrees of one part. */
  async #cutOut(part: Part): Promise<void> {
    if ('program' in this.#of) throw new Error('programs are searched whole')
    const job = { kind: 'cut', ...this.#of, phase: this.#phase, part } as const
    const subtrees = await this.#crew.submit(job)
    if (subtrees.length === 0) this.#results.push(nothingOf(this.#phase))
    await Promise.all(subtrees.map((subtree) => this.#part(subtree)))
    const { index, of } = part
    const named = this.#results.map((one) => ({ ...one, search: `${one.search}, part ${index}/${of}` }))
    this.#results.splice(0, named.length, ...named)
  }

  /** The phase once per core, each with seeds of its own; once where nothing is drawn from any. */
  #seeds(): Phase[] {
    if (this.#phase.search === NEAR || this.#phase.search === STATES) return [this.#phase]
    const { seed = 1 } = this.#phase
    return Array.from({ length: this.#crew.cores }, (_, i) => ({ ...this.#phase, seed: seed + i * 0x1_0001 }))
  }

  async #part(subtree: Subtree | undefined): Promise<void> {
    this.#open++
    const given: Promise<void>[] = []
    await this.#search(this.#phase, subtree, (parts) => {
      for (const part of parts) given.push(this.#part(part))
      this.#askForWork()
    })
    this.#open--
    this.#askForWork()
    await Promise.all(given)
  }

  /** Lets a busy core know that another is not. */
  #askForWork(): void {
    if (this.#open > 0 && this.#crew.idle > this.#crew.waiting) Atomics.store(this.words, HUNGRY, 1)
  }

  async #search(phase: Phase, subtree?: Subtree, give?: (parts: readonly Subtree[]) => void): Promise<void> {
    const ms = (phase.ms ?? Infinity) - (performance.now() - this.#started)
    const job = { kind: 'search', ...this.#of, phase: { ...phase, ms }, words: this.words } as const
    const meetings = this.#meetings && { meetings: this.#meetings }
    const asked = this.#crew.submit({ ...job, ...meetings, ...(subtree !== undefined && { subtree }) }, give)
    if (this.#open === 1) this.#askForWork()
    const result = await asked
    if ('grain' in result) {
      this.#finer ??= new Finer(result.grain)
      this.stop()
      return
    }
    this.#results.push(result)
    if (result.told !== undefined) this.#told = toldTogether(this.#told, result.told)
    if (result.first !== undefined) this.stop()
  }

  /** Ends it with what it has seen. */
  stop(): void {
    Atomics.store(this.words, STOP, 1)
  }
}

/** Who looks on while searches run. */
export interface Onlooker {
  readonly onProgress: OnProgress
  readonly signal?: AbortSignal | undefined
  /** What is thrown if no execution ends for a long time; nothing is if it is not given. */
  readonly stuck?: (() => Error) | undefined
}

/** Runs searches at the same time, until one has failed or seen everything, or all have ended. Returns the results of those that have. */
export async function searched(
  splits: readonly Split[],
  { onProgress, signal, stuck }: Onlooker,
): Promise<SearchResult[]> {
  const stop = (): void => {
    for (const split of splits) split.stop()
  }
  // Who was asked before hears nothing of it any more.
  if (signal?.aborted === true) stop()
  signal?.addEventListener('abort', stop)
  let silent: (error: Error) => void = () => {}
  const never = new Promise<never>((_, reject) => (silent = reject))
  const quiet = { executed: -1, ms: 0 }
  const timer = setInterval(() => {
    const executed = splits.reduce((sum, { words }) => sum + Atomics.load(words, EXECUTED), 0)
    onProgress(splits.map(({ search }) => search).join(', '), executed)
    quiet.ms = executed === quiet.executed ? quiet.ms + EVERY_MS : 0
    quiet.executed = executed
    if (stuck !== undefined && quiet.ms >= THEIRS_MS) silent(stuck())
  }, EVERY_MS)
  const results: SearchResult[] = []
  const run = async (split: Split): Promise<void> => {
    const result = await split.run()
    if (results.some(isLast)) return
    results.push(result)
    if (isLast(result)) stop()
  }
  try {
    await Promise.race([Promise.all(splits.map(run)), never])
    return results
  } finally {
    stop()
    clearInterval(timer)
    signal?.removeEventListener('abort', stop)
  }
}

/** Explores a model on all cores of the crew. A signal ends the search with what it has seen. */
export async function exploreOn(
  crew: Crew,
  model: Model,
  options: ExploreOptions,
  onProgress: OnProgress = () => {},
  signal?: AbortSignal,
): Promise<Verdict> {
  const results: SearchResult[] = []
  let failure: Failure | undefined
  const stuck = filesOfModel(model.name).length > 0 ? () => neverEnds(model) : undefined
  for (const phase of phasesOf(options)) {
    const split = new Split(crew, ofModel(model), phase, options.part)
    const [result] = (await searched([split], { onProgress, signal, stuck })) as [SearchResult]
    results.push(result)
    const { first: found, search } = result
    if (found !== undefined)
      failure = await crew.submit({ kind: 'describe', ...ofModel(model), search, found })
    if (isLast(result) || signal?.aborted === true) break
  }
  return verdictOf(model, results, failure)
}
