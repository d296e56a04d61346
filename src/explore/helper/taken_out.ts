/**
 * Functions that a module takes out of Atomics when it is loaded (`const { load } = Atomics`): the explorer puts another object in
 * the place of Atomics while it explores, and would never see them. In a worker that loads a user's file, stand-ins are there
 * before: they do what the natives do, and during an exploration what the explorer's do.
 */
import { likeNative } from './atomics.ts'

const native = Atomics
type Name = keyof typeof Atomics

let explored: typeof Atomics | undefined

/** From now on the stand-ins do what these do; undefined: what the natives do. */
export function seeTakenOut(atomics: typeof Atomics | undefined): void {
  explored = atomics
}

/** Puts the stand-ins in the place of the global, for good. Call it before code under test is loaded. */
export function standIn(): void {
  const names = Object.getOwnPropertyNames(native) as Name[]
  const functions = names.map((name) => {
    const standingIn = (...args: unknown[]): unknown =>
      Reflect.apply((explored ?? native)[name] as (...args: unknown[]) => unknown, undefined, args)
    return [name, standingIn] as const
  })
  const value = likeNative(Object.fromEntries(functions))
  Object.defineProperty(globalThis, 'Atomics', { value, configurable: true, writable: true })
}
