/**
 * Models by name. Those of the primitives and of files are looked through before all others are loaded.
 */
import { broughtNamed } from '../define/brought.ts'
import type { Model } from '../define/model.ts'
import { primitives } from './primitives.ts'

/** One of the models, one that a user's file brings, or a race under a strategy; undefined if there is none of this name. */
export async function modelFound(name: string): Promise<Model | undefined> {
  const isIt = (model: Model): boolean => model.name === name
  // What a file brings has no name of a built-in one: loadFile has seen to that.
  const found = primitives.find(isIt) ?? broughtNamed('model', name)
  if (found !== undefined) return found
  const { subsystems } = await import('./registry.ts')
  return subsystems.find(isIt) ?? (await import('./races.ts')).raceModelNamed(name)
}

/** The same, of a name that is known to be one. */
export async function modelNamed(name: string): Promise<Model> {
  const found = await modelFound(name)
  if (found === undefined) throw new RangeError(`no model '${name}'; lockstorm explore lists them all`)
  return found
}
