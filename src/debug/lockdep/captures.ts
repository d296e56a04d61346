/**
 * Stacks of the places that took the held locks, per CPU of this thread: captured at each acquisition, looked at only when a
 * report or a sleep needs them.
 */
import { raw_read, raw_write } from '../../mem/raw.ts'
import { capture, framesOf, STACK_DEPTH, type Captured, type Frame } from '../stack.ts'
import { callerId } from '../stack_depot.ts'
import type { Context } from './context.ts'
import { depthOf, entryOf, heldOf, L_IP, type HeldLock } from './held.ts'

/** Frames captured per acquisition: those of the checker, of the lock's own code, and the caller. */
const CALLER_DEPTH = 12

/** The captured stacks of one thread. */
export class Captures {
  readonly #depth: number
  readonly #byCpu: (Captured | undefined)[][] = []

  /** @param between frames of others between a tracepoint and lockdep */
  constructor(between: number) {
    this.#depth = CALLER_DEPTH + between
  }

  /** The task of `cpu` takes a lock that will be entry `depth`. */
  note(cpu: number, depth: number): void {
    const mine = (this.#byCpu[cpu] ??= [])
    mine[depth] = capture(this.#depth)
  }

  /** Number of the frame that called the lock's code now. */
  here(): number {
    return callerId(framesOf(capture(this.#depth)))
  }

  /** Writes the places of all held locks of a CPU to the arena. */
  flush(globals: number, cpu: number): void {
    const task = heldOf(globals, cpu)
    const depth = depthOf(task)
    for (let i = 0; i < depth; i++) {
      const entry = entryOf(task, i)
      const captured = this.#byCpu[cpu]?.[i]
      if (raw_read(entry + L_IP) === 0 && captured !== undefined) {
        raw_write(entry + L_IP, callerId(framesOf(captured)))
      }
    }
  }

  /** Gives an entry that was moved its place back. */
  restore(task: number, held: HeldLock): void {
    const entry = entryOf(task, depthOf(task) - 1)
    raw_write(entry + L_IP, held.ip)
  }

  /** Surroundings of an event on this CPU. */
  context(globals: number, cpu: number): Context {
    let frames: readonly Frame[] | undefined
    return {
      globals,
      cpu,
      task: heldOf(globals, cpu),
      stack: () => (frames ??= framesOf(capture(STACK_DEPTH + this.#depth))),
      flush: () => {
        this.flush(globals, cpu)
      },
    }
  }
}
