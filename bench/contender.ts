/**
 * What a benchmark compares: one short adapter file per contender.
 *
 * Each contender runs in workers of its own, so that the measured loop only ever sees one pair of functions and stays
 * monomorphic, as it would be in a program that uses one library.
 */
import type { Rounds } from './rounds.ts'

/** A pair of operations around a critical section, bound to shared memory. */
export interface Section {
  enter(): void
  leave(): void
}

/** A section that the contender wants as a callback: it runs the loop of loop.ts itself. */
export interface CallbackSection {
  /** `ops` times: enter, count, work of `steps`, leave. */
  around(ops: number, steps: number): void
}

/** An adapter: the default export of a file in bench/adapters. */
export interface Contender {
  /** Row name in tables. */
  readonly name: string
  /** True for what is not ours: whatever it fails at, it is left out with its reason, and the others go on. */
  readonly optional?: boolean
  /** '' when it can run here, otherwise the reason why not. Checked on the main thread before workers start. */
  unavailable(): Promise<string>
  /**
   * Made once on the main thread and passed to every worker's bind: for objects that are not in the memory.
   * @param workers how many there will be
   */
  share?(variant: string, workers: number): unknown
  /** For a contender that is not run by worker threads: starts what runs it. */
  crew?(): Promise<Rounds>
  /**
   * Binds to the memory of this run, in a worker.
   * @param view words 0 to 1023 are the contender's, zeroed; it may start anywhere below
   * @param cpu number of the worker, 0-based
   * @param variant which operation pair of the contender
   * @param shared what `share` made
   * @param workers how many there are
   */
  bind(
    view: Int32Array,
    cpu: number,
    variant: string,
    shared: unknown,
    workers: number,
  ): Promise<Section | CallbackSection>
}

/** The contender that a row names: a file in bench/adapters, or a URL. */
export async function contenderOf(adapter: string): Promise<Contender> {
  const url = URL.canParse(adapter) ? adapter : `./adapters/${adapter}.js`
  return ((await import(url)) as { contender: Contender }).contender
}
