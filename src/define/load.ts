/**
 * Loads a user's file on this thread: imports it, checks the shape of its default export, and keeps what it brings. Main loads it
 * first; a worker loads it by the same URL, from the job or the plan that names something of it.
 */
import { keep, type FileRef, type KindName } from './brought.ts'
import type { Lock } from './lock.ts'
import type { Model } from './model.ts'
import type { Scenario } from './race.ts'
import { checkModel, defineLock, defineWorkload } from './shapes.ts'
import { isObject, ShapeError, whatItIs } from './shape.ts'
import type { StrategyRow } from './strategy_shapes.ts'
import type { Workload } from './workload.ts'

const loaded = new Map<string, readonly string[]>()

function nameTaken(kind: KindName, name: string): ShapeError {
  return new ShapeError(`name: expected a name of its own, and there is a ${kind} '${name}' already`)
}

/** Keeps one thing that a file brings. Returns its name. @throws ShapeError */
async function keepOne(kind: KindName, url: string, value: unknown): Promise<string> {
  if (kind === 'lock') {
    const lock = defineLock(value as Lock)
    keep({ kind, url }, lock)
    return lock.name
  }
  if (kind === 'model') {
    const model = checkModel(value as Model)
    keep({ kind, url }, model)
    return model.name
  }
  if (kind === 'workload') {
    const workload = defineWorkload(value as Workload)
    keep({ kind, url }, workload)
    return workload.name
  }
  // These know the kernel, which the others do not need.
  const { defineRace, defineStrategy, strategyFrom } = await import('./strategy_shapes.ts')
  if (kind === 'race') {
    const race = defineRace(value as Scenario)
    keep({ kind, url }, race)
    return race.name
  }
  const { define_strategy, strategyNamed } = await import('../mdev/strategies.ts')
  const strategy = strategyFrom(defineStrategy(value as StrategyRow))
  if (strategyNamed(strategy.name) !== undefined) throw nameTaken(kind, strategy.name)
  define_strategy(strategy)
  keep({ kind, url }, strategy)
  return strategy.name
}

/** A list may stand where several make sense together. */
function listOf(kind: KindName, { default: value }: { readonly default?: unknown }): readonly unknown[] {
  if (value === undefined) throw new ShapeError(`default: expected a ${kind}, and there is no default export`)
  if (!Array.isArray(value) || kind === 'workload' || kind === 'race') return [value]
  if (value.length === 0)
    throw new ShapeError(`default: expected a ${kind}, or several, and it is ${whatItIs(value)}`)
  return value
}

/**
 * Loads a file, once. Returns the names of what it brings.
 * @param isTaken true for a name that something built in has. Main asks; a worker knows that main has asked
 * @throws ShapeError, or whatever the file throws
 */
export async function loadFile(
  { kind, url }: FileRef,
  isTaken: (name: string) => boolean = () => false,
): Promise<readonly string[]> {
  const key = `${kind} ${url}`
  const before = loaded.get(key)
  if (before !== undefined) return before
  const values = listOf(kind, (await import(url)) as { readonly default?: unknown })
  const names: string[] = []
  for (const value of values) {
    const { name } = (value ?? {}) as { readonly name?: unknown }
    if (typeof name === 'string' && (names.includes(name) || isTaken(name))) {
      throw nameTaken(kind, name)
    }
    names.push(await keepOne(kind, url, value))
  }
  loaded.set(key, names)
  return names
}

/** Whether a file brings locks or models: any field that only a lock has will do, so that errors are told of the right shape. */
export async function lockOrModel(url: string): Promise<'lock' | 'model'> {
  const { default: value } = (await import(url)) as { readonly default?: unknown }
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (!isObject(first))
    throw new ShapeError(`default: expected a lock or a model, or several, and it is ${whatItIs(value)}`)
  const fields = ['words', 'lock', 'unlock', 'tryLock', 'lockFor', 'lockShared']
  return fields.some((field) => field in first) ? 'lock' : 'model'
}

/** Loads the files that a job or a plan names. Returns at once where there are none. */
export async function loadFiles(files: readonly FileRef[] = []): Promise<void> {
  for (const file of files) await loadFile(file)
}
