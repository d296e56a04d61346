/**
 * An execution as it was between two steps.
 */
import { WordsMark } from './words.ts'

/** See the head of this file. What a loop that relaxes has read is not in it. */
export class Moment {
  readonly cpus: Int32Array
  readonly words = new WordsMark()
  step = 0
  last = 0
  changes = 0
  arrivals = 0
  idle = 0
  idleChanges = 0
  firings = 0

  /** @param length words of what there is of the CPUs */
  constructor(length: number) {
    this.cpus = new Int32Array(length)
  }
}
