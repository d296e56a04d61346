/**
 * What a body does, as far as it is known. A body is a function of what it has read, so all that it can do is a tree: a step is
 * something that it does, and what it does next depends on the result alone. A body that was run once along a path need not be run
 * along it again.
 */
import { CLOCK, PLAIN_LOAD, PLAIN_STORE, STAMP } from '../engine/log.ts'
import { INT32, type Kind, type Value } from './kinds.ts'

/** Kind of a step that does nothing: the body is at a place where all that it goes by is known. */
export const PLACE = 30

/** One thing that a body does, after what led to it. */
export class Step {
  /** Tells the steps of one tree, and what has led to them, apart. */
  readonly id: number
  /** An operation of dependence.ts or kind of entry of engine/log.ts; NOTHING: the body has returned. */
  readonly op: number
  readonly kind: Kind
  readonly at: number
  readonly x: Value
  readonly y: Value
  /** Others may go on before it; so they may where a body has returned. */
  readonly isPoint: boolean
  // What is published of it, if it is a schedule point.
  operation = 0
  word = 0
  first = 0
  second = 0
  #key: Value | undefined
  #next: Step | undefined
  #more: Map<Value, Step> | undefined

  constructor(id: number, op: number, kind: Kind, at: number, x: Value, y: Value, isPoint: boolean) {
    this.id = id
    this.isPoint = isPoint
    this.op = op
    this.kind = kind
    this.at = at
    this.x = x
    this.y = y
  }

  /** What comes after it, if it had this result. */
  after(result: Value): Step | undefined {
    return this.#key === result ? this.#next : this.#more?.get(result)
  }

  /** The same, past places: what a body does goes on behind them. */
  next(result: Value): Step | undefined {
    const next = this.after(result)
    if (next === undefined || next.op !== PLACE) return next
    const behind = next.after(0)
    if (behind === undefined) return next
    if (this.#key === result) this.#next = behind
    else this.#more?.set(result, behind)
    return behind.op === PLACE ? this.next(result) : behind
  }

  /** The schedule point that it is says this of itself. */
  publishes(operation: number, word: number, first: number, second: number): void {
    this.operation = operation
    this.word = word
    this.first = first
    this.second = second
  }

  /** From now on this comes after it. */
  lead(result: Value, next: Step): void {
    if (this.#next === undefined) {
      this.#key = result
      this.#next = next
    } else (this.#more ??= new Map<Value, Step>()).set(result, next)
  }
}

/** The steps of one body. */
export class Behaviour {
  /** Places by where they are in the code and what its variables hold there. */
  readonly places = new Map<string, Step>()
  /** What is known. */
  steps = 0
  readonly start: Step
  readonly #plainPoints: boolean

  /** @param plainPoints plain accesses are schedule points */
  constructor(plainPoints: boolean) {
    this.#plainPoints = plainPoints
    this.start = this.step(0, INT32, 0, 0, 0)
  }

  step(op: number, kind: Kind, at: number, x: Value, y: Value): Step {
    return new Step(this.steps++, op, kind, at, x, y, this.#isPoint(op))
  }

  #isPoint(op: number): boolean {
    if (op === PLAIN_LOAD || op === PLAIN_STORE) return this.#plainPoints
    return op !== CLOCK && op !== STAMP && op !== PLACE
  }
}
