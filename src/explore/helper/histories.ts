/**
 * Is there an order of the operations of a history in which a sequential object gives the same results? Operations that did not
 * overlap keep their order; one that has not returned when nobody can go on any more must be one that waits: had it taken effect, it
 * would never tell.
 *
 * Source   Wing & Gong, "Testing and verifying concurrent objects", 1993, with Lowe's memo of visited configurations.
 */

/** What a sequential operation returns when it must wait for another. */
export const BLOCKED: unique symbol = Symbol('the operation waits')

/** One operation of a history. `ret` is Infinity if it has not returned. */
export interface Operation {
  readonly cpu: number
  readonly name: string
  readonly args: readonly unknown[]
  readonly call: number
  readonly ret: number
  readonly result: unknown
}

/** A sequential object: its state is plain data, its operations change the state that they are given. */
export interface SequentialObject<S> {
  first(): S
  apply(state: S, name: string, args: readonly unknown[]): unknown
}

function textOf(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
}

/** `take() is 3`, for messages. */
export function operationText({ cpu, name, args, ret, result }: Operation): string {
  const call = `cpu-${cpu} ${name}(${args.map(textOf).join(', ')})`
  return ret === Infinity ? `${call} waits` : `${call} is ${textOf(result)}`
}

/** Searches an order. Returns it, or undefined if there is none. */
export function linearize<S>(
  model: SequentialObject<S>,
  history: readonly Operation[],
): Operation[] | undefined {
  const returned = history.filter(({ ret }) => ret < Infinity).length
  const seen = new Set<string>()
  const order: Operation[] = []
  const done = new Set<Operation>()

  const waits = (state: S): boolean =>
    history.every((op) => done.has(op) || model.apply(structuredClone(state), op.name, op.args) === BLOCKED)

  const extend = (state: S, count: number): boolean => {
    if (count === returned && waits(state)) return true
    const key = `${history.map((op) => (done.has(op) ? 1 : 0)).join('')} ${textOf(state)}`
    if (seen.has(key)) return false
    seen.add(key)
    const rest = history.filter((op) => !done.has(op))
    const earliest = Math.min(...rest.map(({ ret }) => ret))
    for (const op of rest) {
      if (op.ret === Infinity || op.call > earliest) continue
      const next = structuredClone(state)
      const result = model.apply(next, op.name, op.args)
      if (result === BLOCKED) continue
      if (textOf(result) !== textOf(op.result)) continue
      done.add(op)
      order.push(op)
      if (extend(next, count + 1)) return true
      done.delete(op)
      order.pop()
    }
    return false
  }
  return extend(model.first(), 0) ? order : undefined
}
