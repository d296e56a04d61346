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
import type { WitnessReport } from './witness.ts'
import type { Failure, Verdict } from './verdict.ts'

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

/** One search of a model, or a part of one. `words` are shared by all cores that search the model. */
export interface SearchJob extends OfModel {
  readonly kind: 'search'
  readonly phase: Phase
  readonly words: Int32Array
  /** The words of a Meetings, shared likewise. */
  readonly meetings?: Int32Array
  readonly subtree?: Subtree
}

/** Cut the tree of a search, and name the subtrees of one part. */
export interface CutJob extends OfModel {
  readonly kind: 'cut'
  readonly phase: Phase
  readonly part: Part
}

/** Minimise a schedule and draw it. */
export interface DescribeJob extends OfModel {
  readonly kind: 'describe'
  readonly search: string
  readonly found: Found
}

/** A whole exploration on one core. */
export interface ExploreJob extends OfModel {
  readonly kind: 'explore'
  readonly options: ExploreOptions
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

export type Job = SearchJob | CutJob | DescribeJob | ExploreJob | ReplayJob | FuzzJob | WitnessJob

/** A replay, done several times: `same` is how many were like the first. */
export interface Replays {
  readonly first: Replayed
  readonly same: number
}

/** Answers by kind of job. */
export interface Answers {
  readonly search: SearchResult
  readonly cut: Subtree[]
  readonly describe: Failure
  readonly explore: Verdict
  readonly replay: Replays
  readonly fuzz: FuzzReport
  readonly witness: WitnessReport
}

export type AnswerOf<J extends Job> = Answers[J['kind']]
