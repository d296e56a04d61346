import type { AsyncProgram } from '#lockstorm/explore/helper/index'

export type Body = AsyncProgram['threads'][number]

/** A class in bodies that use it rightly, and in bodies that do not. */
export interface ClassModel {
  readonly name: string
  /** True if it has more interleavings than a test can see: it is explored for a while. */
  readonly bounded: boolean
  readonly right: AsyncProgram
  readonly wrong: AsyncProgram
  /** What the explorer must find in the wrong one. */
  readonly fails: RegExp
}

/** A plain word that only one body at a time may touch. */
export const COUNT = 100
/** How often one did. */
export const PASSED = 116

export function same(is: unknown, should: unknown, what: string): void {
  if (is !== should) throw new Error(`${what}: ${String(is)}, not ${String(should)}`)
}
