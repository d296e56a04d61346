/**
 * What `lockstorm explore` is asked for, in terms of models and searches.
 */
import { availableParallelism } from 'node:os'
import { parseReplay, watchedByLockdep, type ExploreOptions, type Model } from '../explore/index.ts'
import { POLLS } from '../base/polls.ts'
import { modelFound } from '../models/named.ts'
import type { MatrixFlags } from './commands/explore.ts'
import { didYouMean, UsageError } from './usage.ts'
import { isPath } from '../define/is_path.ts'
import { bring } from './user_file.ts'

/** Words that begin a command below `explore`. */
const SUBCOMMANDS = ['matrix', 'replay', 'witness', 'fuzz', 'rates']

/** How to search; what is not said is left to the explorer. */
export function optionsOf(flags: Omit<MatrixFlags, 'write' | 'json'>): ExploreOptions {
  const { search, bound, depth, seed, executions, seconds } = flags
  const ms = seconds === undefined ? flags.duration : seconds * 1000
  return {
    ...(search !== undefined && { search }),
    ...(bound !== undefined && { bound }),
    ...(depth !== undefined && { depth }),
    ...(seed !== undefined && { seed }),
    ...(executions !== undefined && { executions, ms: Infinity }),
    ...(ms !== undefined && { ms, executions: executions ?? Infinity }),
  }
}

/** Tells the cores that are started from here on how often waiters poll. */
export function setPolls({ polls }: { readonly polls: number }): void {
  process.env[POLLS] = String(polls)
}

/** Cores to search on. */
export function coresOf({ jobs = availableParallelism() }: { readonly jobs: number | undefined }): number {
  return jobs
}

/** Every model: loads them all. */
export async function allModels(): Promise<readonly Model[]> {
  return (await import('../models/registry.ts')).models
}

/** The models, as the flags want them. */
export function modelsFor(
  { lockdep }: { readonly lockdep: boolean },
  some: readonly Model[],
): readonly Model[] {
  return lockdep ? some.map(watchedByLockdep) : some
}

/** The model of a name. @throws UsageError */
async function wantedModel(name: string): Promise<Model> {
  const found = await modelFound(name)
  if (found !== undefined) return found
  if (name === 'all') throw new UsageError('all: it takes no further names')
  if (SUBCOMMANDS.includes(name)) {
    throw new UsageError(`${name} comes right behind explore: lockstorm explore ${name} --help`)
  }
  const names = (await allModels()).map((model) => model.name)
  throw new UsageError(`unknown model '${name}'${didYouMean(name, names)}; lockstorm explore lists them all`)
}

/** Names of the models that a file brings. @throws UsageError */
async function broughtBy(file: string): Promise<readonly string[]> {
  const taken = new Set((await allModels()).map(({ name }) => name))
  return bring('model', file, (name) => taken.has(name))
}

/** The models of some words: names, and files that bring models. @throws UsageError */
export async function wantedModels(words: readonly string[]): Promise<readonly Model[]> {
  const found: Model[] = []
  for (const word of words) {
    for (const name of isPath(word) ? await broughtBy(word) : [word]) found.push(await wantedModel(name))
  }
  return found
}

/** The model a replay string is about. @throws UsageError */
export async function wantedReplay(
  text: string | undefined,
): Promise<{ readonly model: Model; readonly text: string }> {
  if (text === undefined) throw new UsageError("explore replay: name a string such as 'abba@1>1'")
  try {
    const { model, schedule } = parseReplay(text)
    const found = await wantedModel(model)
    const stranger = schedule.find(({ cpu }) => cpu >= found.cpus.length)
    if (stranger !== undefined) {
      throw new UsageError(`replay ${text}: ${model} has no cpu-${stranger.cpu}`)
    }
    return { model: found, text }
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(error.message)
    throw error
  }
}
