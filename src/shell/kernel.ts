/**
 * What the shell has read of the kernel's rings so far: log, uevents.
 *
 * Context   the main thread; reads only.
 */
import {
  printk_records,
  uevent_count,
  uevent_records,
  type PrintkRecord,
  type UeventRecord,
} from '../kernel/index.ts'
import { onArena } from '../machine/on_arena.ts'

/** See the head of this file. */
export class Kernel {
  #logFrom = 0
  #eventsFrom = 0
  #watch: NodeJS.Timeout | undefined

  /** Lines of the log: all that are left, or those since the last time. */
  log(view: Int32Array, isNew: boolean): readonly PrintkRecord[] {
    const all = onArena(view, () => printk_records())
    const shown = isNew ? all.filter(({ seq }) => seq >= this.#logFrom) : all
    this.#logFrom = (all.at(-1)?.seq ?? -1) + 1
    return shown
  }

  /** Uevents since the last time. */
  events(view: Int32Array): readonly UeventRecord[] {
    return onArena(view, () => {
      const from = this.#eventsFrom
      this.#eventsFrom = uevent_count()
      return uevent_records(from)
    })
  }

  /** Calls `look` a few times per second; undefined: no more. */
  watch(look: (() => void) | undefined): void {
    clearInterval(this.#watch)
    this.#watch = look === undefined ? undefined : setInterval(look, 200).unref()
  }

  /** Another machine. */
  forget(): void {
    this.#logFrom = 0
    this.#eventsFrom = 0
  }
}
