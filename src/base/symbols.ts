/**
 * Names of kernel functions as small numbers, so that a task can publish where it is with one plain store.
 *
 * Invariant   an id is a hash of the name: the same on every CPU, whatever was loaded in which order.
 */
import { hashName } from './ops.ts'

const names = new Map<number, string>()

/** Id of a function name. */
export function symbol(name: string): number {
  const id = hashName(name)
  const known = names.get(id)
  if (known !== undefined && known !== name) throw new Error(`symbols '${name}' and '${known}' collide`)
  names.set(id, name)
  return id
}

/** Name of an id; '' if no module of this thread uses it. */
export function symbolName(id: number): string {
  return names.get(id) ?? ''
}
