/**
 * What a core of the explorer can be asked to do, and what it answers: plain data, posted between threads.
 */
import type { ExploreOptions, Replayed } from './explore.ts'
import type { FuzzReport, FuzzShape } from './fuzz.ts'
import { filesOfModel, type FileRef } from '../define/brought.ts'
import type { Model } from '../define/model.ts'
import type { Phase } from './searches/phase.ts'
import type { Part } from './searches/cut.ts'
import type { Found, SearchResult, Subtree } from './searches/search.ts'
import type { GrainData } from './helper/grain.ts'
import type { Judged, Met } from './helper/judged.ts'
import type { ProgramRef } from './helper/program_file.ts'
import type { Told } from './helper/verdicts.ts'
import type { WitnessReport } from './witness.ts'
import type { Failure, Verdict } from './verdict.ts'

/** Takes parts of a search that another core is to do. */
export type Give = (parts: readonly Subtree[]) => void

/** Which model a job is about. */
export interface OfModel {
  readonly model: string
  /** lockdep watches it, whether or not the model says so. */
  readonly lockdep?: boolean
  /** Files that bring it; absent for what is built in. */
  readonly files?: readonly FileRef[]
}

/** Names a model to a core. */
export function ofModel({ name, lockdep = false }: Model): OfModel {
  const files = filesOfModel(name)
  return { model: name, ...(lockdep && { lockdep }), ...(files.length > 0 && { files }) }
}

/** Which program a job is about: one that a user's module exports. */
export interface OfProgram {
  readonly program: ProgramRef
  /** Sleeps end without a notify as well. */
  readonly spurious: boolean
  /** How finely its memory is looked at, if anything is known of that, and the number of the search: each looks equally finely. */
  readonly grain?: GrainData
  readonly attempt: number
}

/** What a job is about. */
export type Of = OfModel | OfProgram

/** One search of a model or program, or a part of one. `words` are shared by all cores that search it. */
export type SearchJob = Of & {
  readonly kind: 'search'
  readonly phase: Phase
  readonly words: Int32Array
  /** The words of a Meetings, shared likewise. */
  readonly meetings?: Int32Array
  readonly subtree?: Subtree
}

/** Look at a program: is it one, and what has its verdict to mention? */
export interface MeetJob extends OfProgram {
  readonly kind: 'meet'
}

/** Cut the tree of a search, and name the subtrees of one part. */
export interface CutJob extends OfModel {
  readonly kind: 'cut'
  readonly phase: Phase
  readonly part: Part
}

/** Minimise a schedule and draw it. */
export type DescribeJob = Of & {
  readonly kind: 'describe'
  readonly search: string
  readonly found: Found
}

/** A whole exploration on one core. */
export interface ExploreJob extends OfModel {
  readonly kind: 'explore'
  readonly options: ExploreOptions
}

/** The same of a program. `executed`: a word that counts its executions. */
export interface ExploreProgramJob extends OfProgram {
  readonly kind: 'explore program'
  readonly options: ExploreOptions
  readonly executed: Int32Array
}

/** Replay a string. */
export interface ReplayJob extends OfModel {
  readonly kind: 'replay'
  readonly text: string
  readonly times: number
}

/** Fuzz the explorer with the programs of these seeds. */
export interface FuzzJob {
  readonly kind: 'fuzz'
  readonly shape: FuzzShape
  readonly seeds: readonly number[]
}

/** Sampled schedules on both engines, and, if given, one schedule on the real workers. */
export interface WitnessJob extends OfModel {
  readonly kind: 'witness'
  readonly schedules: number
  readonly seed: number
  readonly text?: string
}

export type Job =
  | SearchJob
  | MeetJob
  | CutJob
  | DescribeJob
  | ExploreJob
  | ExploreProgramJob
  | ReplayJob
  | FuzzJob
  | WitnessJob

/** In place of a result: the memory has to be looked at this finely, in a search of its own. */
export interface Regrain {
  readonly grain: GrainData
}

/** What came of a search, and, of a program, what is to be told of it. */
export type Searched = (SearchResult & { readonly told?: Told }) | Regrain

/** A replay, done several times: `same` is how many were like the first. */
export interface Replays {
  readonly first: Replayed
  readonly same: number
}

/** Answers by kind of job. */
export interface Answers {
  readonly search: Searched
  readonly meet: Met
  readonly cut: Subtree[]
  readonly describe: Failure
  readonly explore: Verdict
  readonly 'explore program': Judged
  readonly replay: Replays
  readonly fuzz: FuzzReport
  readonly witness: WitnessReport
}

export type AnswerOf<J extends Job> = Answers[J['kind']]
