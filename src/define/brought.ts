/**
 * What users' files have brought to this thread: by kind and name, with the URL of the file. Jobs and plans carry the URLs
 * (`filesOf`), and each worker loads the files before it looks a name up.
 *
 * Invariant   what a file brings has been checked against its shape, and its names are nobody else's.
 */
import type { Strategy } from '../mdev/strategies.ts'
import type { Lock } from './lock.ts'
import type { Model } from './model.ts'
import type { Scenario } from './race.ts'
import type { Workload } from './workload.ts'

/** What can be brought, by the word that names it. */
export interface Kinds {
  readonly lock: Lock
  readonly model: Model
  readonly race: Scenario
  readonly strategy: Strategy
  readonly workload: Workload
}

export type KindName = keyof Kinds

/** A file that brings things of one kind. Plain data: it travels to the workers. */
export interface FileRef {
  readonly kind: KindName
  readonly url: string
}

interface Held {
  readonly value: Kinds[KindName]
  readonly file: FileRef
}

const held = new Map<string, Held>()

/** Keeps what a file brings. */
export function keep<K extends KindName>(file: FileRef & { readonly kind: K }, value: Kinds[K]): void {
  held.set(`${file.kind} ${value.name}`, { value, file })
}

/** What a user's file brought under this name; undefined if none did. */
export function broughtNamed<K extends KindName>(kind: K, name: string): Kinds[K] | undefined {
  return held.get(`${kind} ${name}`)?.value as Kinds[K] | undefined
}

/** Files that a worker has to load before it knows these names; empty for what is built in. */
export function filesOf(kind: KindName, names: readonly string[]): readonly FileRef[] {
  const files = names.map((name) => held.get(`${kind} ${name}`)?.file)
  return [...new Set(files)].filter((file) => file !== undefined)
}

/** The same for a model: one of a file, or a race under a strategy, `race:strategy`, of which a file may bring either. */
export function filesOfModel(name: string): readonly FileRef[] {
  const [race = '', strategy = ''] = name.split(':')
  return [...filesOf('model', [name]), ...filesOf('race', [race]), ...filesOf('strategy', [strategy])]
}

/** What somebody has thrown, in one line. */
export function whatIsThrown(error: unknown): string {
  const { name = '', message = String(error) } = (error ?? {}) as Partial<Error>
  const [first = ''] = message.split('\n')
  return name === '' ? first : `${name}: ${first}`
}

/** Where in one of these files something was thrown, in brackets; '' if its stack does not say. CommonJS has paths there. */
export function placeOf(stack: string, files: readonly Pick<FileRef, 'url'>[]): string {
  const names = files.flatMap(({ url }) => [url, decodeURI(new URL(url).pathname)])
  const line = stack.split('\n').find((one) => names.some((name) => one.includes(`${name}:`))) ?? ''
  const at = /[^/]+?:\d+(?=(?::\d+)?\)?$)/.exec(line)?.[0]
  return at === undefined ? '' : ` (${at})`
}

/** An error of a user's code in one line: what it says, and where in the file it was thrown. */
export function toldOf(stack: string, files: readonly Pick<FileRef, 'url'>[]): string {
  const [first = ''] = stack.split('\n')
  return `${first}${placeOf(stack, files)}`
}

/** What a user's code did wrong while it ran: a finding about it, not a failure of the tool. */
export class TheirsBroke extends Error {
  override readonly name: string = 'TheirsBroke'
}

/** An error that has come to nobody, such as a promise that was left rejected: whose it is, by its stack. */
export function comeToNobody(error: Error): Error {
  const { stack = '' } = error
  const file = [...held.values()].map((one) => one.file).find((one) => placeOf(stack, [one]) !== '')
  if (file === undefined) return error
  const name = decodeURI(file.url).split('/').at(-1)
  return new TheirsBroke(`${name}: it left something that nobody handles: ${toldOf(stack, [file])}`)
}

/** Throws if a function of a file has returned a promise: what comes of it later nobody sees. Returns what it has returned. */
export function doneAtReturn<T>(what: string, answer: T): T {
  const promise = answer as PromiseLike<unknown> | null | undefined
  if (typeof promise?.then !== 'function') return answer
  promise.then(undefined, () => {})
  throw new TheirsBroke(`${what} must block until it is done, and returned a promise`)
}

/** The same of a check, of which a user may think that it is asked for true or false. */
export function doneByThrowing(what: string, answer: unknown): void {
  if (doneAtReturn(what, answer) === false)
    throw new TheirsBroke(`${what} must throw where something does not hold, and returned false`)
}
