/**
 * Does the jobs of a core. The stage of the model of the last job stays set up: parts of one search come in quick succession.
 */
import { isClosing } from './closing.ts'
import { describe, explore, replay } from './explore.ts'
import { fuzz } from './fuzz.ts'
import type { AnswerOf, Give, Job, OfModel, ReplayJob, Replays, SearchJob } from './jobs.ts'
import { loadFiles } from '../define/load.ts'
import { watchedByLockdep, type Model } from '../define/model.ts'
import { modelNamed } from '../models/named.ts'
import { subtreesOf } from './searches/cut.ts'
import { partOf } from './searches/part_of.ts'
import { runPhase } from './searches/phase.ts'
import type { SearchResult } from './searches/search.ts'
import { Stage } from './stage.ts'
import { witness } from './witness.ts'

let staged: Stage | undefined

async function modelOf({ model, lockdep = false }: OfModel): Promise<Model> {
  const named = await modelNamed(model)
  return lockdep ? watchedByLockdep(named) : named
}

async function stageOf(job: OfModel): Promise<Stage> {
  const model = await modelOf(job)
  if (staged?.model.name === model.name && staged.model.lockdep === model.lockdep) return staged
  strike()
  staged = new Stage(model)
  return staged
}

function strike(): void {
  staged?.close()
  staged = undefined
}

async function search(job: SearchJob & OfModel, give: Give): Promise<SearchResult> {
  const { engine } = await stageOf(job)
  const { phase } = job
  return runPhase(engine, phase, partOf(job, give, phase.coarse === true ? engine.calm : undefined))
}

async function replays(job: ReplayJob): Promise<Replays> {
  const { text, times } = job
  const model = await modelOf(job)
  const first = replay(model, text)
  const shape = JSON.stringify(first)
  let same = 1
  for (let i = 1; i < times && !isClosing(); i++) {
    if (JSON.stringify(replay(model, text)) === shape) same++
  }
  return { first, same }
}

async function answer(job: Job, give: Give): Promise<AnswerOf<Job>> {
  // What users' programs need, models do not.
  if ('program' in job) return (await import('./helper/core.ts')).doProgramJob(job, give)
  if (job.kind === 'search') return search(job, give)
  if (job.kind === 'cut') return subtreesOf((await stageOf(job)).engine, job.phase, job.part)
  if (job.kind === 'describe') return describe(await stageOf(job), job.search, job.found)
  // The others set up stages of their own, or need none.
  strike()
  if (job.kind === 'explore') return explore(await modelOf(job), job.options)
  if (job.kind === 'replay') return replays(job)
  if (job.kind === 'witness') return witness(await modelOf(job), job)
  return fuzz(job.shape, job.seeds)
}

/** Does one job. */
export async function doJob<J extends Job>(job: J, give: Give): Promise<AnswerOf<J>> {
  if (job.kind !== 'fuzz' && !('program' in job)) await loadFiles(job.files)
  return (await answer(job, give)) as AnswerOf<J>
}
