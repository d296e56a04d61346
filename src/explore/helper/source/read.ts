/**
 * What is known of the code of a program's bodies beside what they do: whether they have an effect outside of the memory, which of them
 * are one, and twins that tell where they are.
 */
import type { Program } from '../program.ts'
import { Captures, type Captured } from './captured.ts'
import { Outsides } from './outside.ts'
import { twinOf, type Tell } from './twin.ts'

type Body = Program['threads'][number]

function outsideText(cpu: number): string {
  return `threads[${cpu}], or what it calls, may change or keep something outside of the memory: a variable or object that it has not made, a method, or code that is not read (functions inside functions, classes, destructuring, switch, for-of, finally)`
}

/** See the head of this file. */
export class Read {
  readonly twins: (Body | undefined)[] = []
  readonly alike: number[] = []
  /** Why it is not known that they have no effect outside of the memory; '' if it is. */
  readonly outside: string
  /** The invariant, if there is one, cannot look at anything but the memory. */
  readonly closed: boolean

  constructor({ threads, invariant }: Pick<Program, 'threads' | 'invariant'>, tell: Tell) {
    using captures = new Captures()
    const outsides = new Outsides(captures)
    this.closed = invariant === undefined || outsides.closed(invariant)
    const stranger = threads.findIndex((body) => !outsides.none(body))
    this.outside = stranger < 0 ? '' : outsideText(stranger)
    if (stranger >= 0) return
    for (const [cpu, body] of threads.entries()) {
      this.alike[cpu] = threads.indexOf(body)
      this.twins[cpu] = twinOf(body, captures.of(body) as Captured, tell)
    }
  }
}
