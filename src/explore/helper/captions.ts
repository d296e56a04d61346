/**
 * What a ladder says of a step, in the words of the program: the functions of Atomics, the names of its words, values before and
 * after.
 */
import {
  ADD,
  AND,
  CAS,
  LOAD,
  OP_NAMES,
  OR,
  RELAX,
  STORE,
  SUB,
  TIMEOUT,
  WAIT,
  WAKE,
  XCHG,
  XOR,
} from '../dependence.ts'
import { Symbols } from '../symbols.ts'
import { FIRST_WORD, type Narrative } from './engine.ts'
import type { Kind, Value } from './kinds.ts'
import type { Program } from './program.ts'
import { bytesOf } from './program.ts'

const BYTES = 4

const NAMES: Readonly<Record<number, string>> = {
  [LOAD]: 'Atomics.load',
  [STORE]: 'Atomics.store',
  [ADD]: 'Atomics.add',
  [SUB]: 'Atomics.sub',
  [AND]: 'Atomics.and',
  [OR]: 'Atomics.or',
  [XOR]: 'Atomics.xor',
  [XCHG]: 'Atomics.exchange',
  [CAS]: 'Atomics.compareExchange',
  [WAIT]: 'Atomics.wait',
  [WAKE]: 'Atomics.notify',
  [RELAX]: 'Atomics.pause',
  [TIMEOUT]: 'time out',
}

/** Names of the words of a program. Its memory holds numbers, never addresses. */
export class WordNames extends Symbols {
  override readonly foreign = true

  constructor(program: Program) {
    super()
    this.name(FIRST_WORD, Math.ceil(bytesOf(program) / BYTES), 'memory')
    for (const [index, name] of Object.entries(program.words ?? {})) {
      this.name(Number(index) + FIRST_WORD, 1, name)
    }
  }

  override value(value: number): string {
    return String(value)
  }

  override operation(op: number): string {
    return NAMES[op] ?? OP_NAMES[op] ?? ''
  }

  /** Name of some bytes of the memory. */
  bytes(at: number, size: number): string {
    const name = this.word(FIRST_WORD + Math.floor(at / BYTES))
    const first = at % BYTES
    if (first === 0 && size === BYTES) return name
    if (size > BYTES) return `${name} (${size} bytes)`
    return size === 1 ? `${name} byte ${first}` : `${name} bytes ${first} to ${first + size - 1}`
  }
}

function shown(value: Value): string {
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

/** Captions over the names of a program's words. */
export function captionsFor(names: WordNames): Narrative {
  const change = (old: Value, now: Value): string => `   /* ${shown(old)} -> ${shown(now)} */`
  return {
    name: (at, size) => names.bytes(at, size),
    atomic(op, kind, at, x, y, old, now) {
      const name = names.bytes(at, kind.size)
      if (op === LOAD) return `Atomics.load(${name}) is ${shown(old)}`
      if (op !== CAS) return `${NAMES[op] ?? ''}(${name}, ${shown(x)})${change(old, now)}`
      const call = `Atomics.compareExchange(${name}, ${shown(x)}, ${shown(y)})`
      return old === asHeld(kind, x) ? call + change(old, now) : `${call}   /* fails: is ${shown(old)} */`
    },
    plain(at, size, write, value, old) {
      const bits = size * 8
      const cut = (n: number): number => (size === BYTES ? n : n & (2 ** bits - 1))
      const name = names.bytes(at, size)
      return write ? `${name} = ${cut(value)}${change(cut(old), cut(value))}` : `${name} is ${cut(value)}`
    },
    wait(kind, at, value, old) {
      const call = `Atomics.wait(${names.bytes(at, kind.size)}, ${shown(value)})`
      return `${call}   /* ${old === value ? 'sleeps' : `not-equal: is ${shown(old)}`} */`
    },
  }
}

function asHeld(kind: Kind, value: Value): Value {
  const one = new kind.Native(1) as unknown as Record<number, Value>
  one[0] = value
  return one[0]
}
