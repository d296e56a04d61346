/** A place and the values of its variables as a text: two that are alike have the same, and what cannot be told has none. */
import type { Memory } from '../views.ts'

const numbers = new WeakMap<object, number>()
let functions = 0

/** A function that a body has not made, as its number. Bodies with functions inside are not told. */
function functionText(code: object): string {
  let number = numbers.get(code)
  if (number === undefined) numbers.set(code, (number = ++functions))
  return `f${number}`
}

function valueText(value: unknown, memory: Memory): string | undefined {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'string':
      return JSON.stringify(value)
    case 'boolean':
    case 'undefined':
      return String(value)
    case 'function':
      return functionText(value)
    case 'object': {
      if (value === null) return 'null'
      const view = memory.find(value)
      if (view === undefined || memory.isMarked(view)) return undefined
      return `${view.kind?.name ?? 'DataView'} ${view.start} ${view.native.byteLength}`
    }
    case 'symbol':
    default:
      return undefined
  }
}

/** See the head of this file. */
export function placeText(place: number, values: readonly unknown[], memory: Memory): string | undefined {
  let text = String(place)
  for (const value of values) {
    const one = valueText(value, memory)
    if (one === undefined) return undefined
    text += `,${one}`
  }
  return text
}
