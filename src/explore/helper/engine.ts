/**
 * The engine of foreign code: what `Reexec` does for words of 32 bits, for elements of every size and kind. The program's memory is
 * kept apart from every real one, so nothing but what goes through here can reach it. What it is made of lies in access/.
 */
import { LIVE } from '../engine/mode.ts'
import { ROW, T_CPU } from '../engine/rows.ts'
import { STAMP } from '../engine/log.ts'
import { MAX_CPUS } from '../engine/words.ts'
import { PlainEngine } from './access/plain.ts'
import { INT32 } from './kinds.ts'

export { FIRST_WORD, low, type Narrative } from './access/elements.ts'

/** Most words of a program's memory: what an address of the log can hold. */
export const MOST_WORDS = 1 << 22

/** See the head of this file. */
export class UserEngine extends PlainEngine {
  /** How many events the running CPU has made. */
  stamp(): number {
    if (this.mode !== LIVE) return this.isBare() ? 0 : this.replayed(STAMP, 0)
    this.announce(STAMP, INT32, 0, 0, 0)
    const count = this.performStamp()
    this.answered(count)
    return count
  }

  protected performStamp(): number {
    let count = 0
    for (let step = 0; step < this.step; step++) if (this.rows[step * ROW + T_CPU] === this.me) count++
    return this.keep(STAMP, 0, count)
  }

  /** The steps of each CPU in the execution that has just ended. */
  stepsOf(): number[][] {
    const found = Array.from({ length: this.cpus }, (): number[] => [])
    for (let step = 0; step < this.step; step++) found[this.rows[step * ROW + T_CPU]!]?.push(step)
    return found
  }

  /** A word for the tasks of a CPU's event loop: whoever sends it one writes there. */
  inboxOf(cpu: number): number {
    return this.int32.length - MAX_CPUS + cpu
  }
}
