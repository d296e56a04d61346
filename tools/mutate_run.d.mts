import type { Mutant } from '../test/mutants/mutant.ts'

export interface Result {
  readonly mutant: Mutant
  readonly verdict: string
  readonly seconds: number
  readonly output?: string
}
export interface Options {
  readonly jobs: number
  readonly tell?: (result: Result) => void
  readonly signal?: AbortSignal
}
export function misfits(root: string, mutants: readonly Mutant[]): string[]
export function tryAll(root: string, mutants: readonly Mutant[], options: Options): Promise<Result[]>
