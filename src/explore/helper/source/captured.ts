/**
 * What a function has captured: the variables of the scopes around it, and their values. The engine tells it to whom can debug it,
 * so this needs `node:inspector`; where there is none, nothing is known of any function.
 */
import type * as Inspector from 'node:inspector'
import { builtin } from '../builtin.ts'

interface Property {
  readonly name: string
  readonly value?: { readonly objectId?: string; readonly description?: string }
}

/** Properties, and those that the engine has for itself. */
interface Properties {
  readonly result: readonly Property[]
  readonly internalProperties?: readonly Property[]
}

/** Names of captured variables and what they are. */
export type Captured = ReadonlyMap<string, unknown>

const SLOT = Symbol.for('lockstorm.explore.captured')
/** Run in the place of a scope, or of what stands for one: hands its variables over. */
const HAND_OVER = `function () {
  const found = Object.create(null)
  const isStandIn = Object.getOwnPropertyNames(this).join() === 'description,object'
  const scope = isStandIn ? this.object : this
  for (const name of Object.getOwnPropertyNames(scope)) try { found[name] = scope[name] } catch {}
  globalThis[Symbol.for('lockstorm.explore.captured')] = found
}`

function inspector(): typeof Inspector | undefined {
  return builtin('node:inspector') as typeof Inspector | undefined
}

/** Reads what functions have captured. Dispose of it when done. */
export class Captures {
  readonly #session: Inspector.Session | undefined
  readonly #known = new Map<object, Captured | undefined>()

  constructor() {
    const host = inspector()
    try {
      this.#session = host && new host.Session()
      this.#session?.connect()
    } catch {
      this.#session = undefined
    }
  }

  #ask(method: string, params: object): unknown {
    let answer: unknown
    this.#session?.post(method, params, (error, result) => {
      if (error === null) answer = result
    })
    return answer
  }

  /** The variables that a function sees from around it, nearest first; undefined if that cannot be told. */
  of(code: object): Captured | undefined {
    if (!this.#known.has(code)) this.#known.set(code, this.#read(code))
    return this.#known.get(code)
  }

  #read(code: object): Captured | undefined {
    Reflect.set(globalThis, SLOT, code)
    try {
      const expression = `globalThis[Symbol.for('lockstorm.explore.captured')]`
      const found = this.#ask('Runtime.evaluate', { expression }) as
        | { result: { objectId?: string } }
        | undefined
      const own = this.#properties(found?.result.objectId)
      const scopes = own?.internalProperties?.find(({ name }) => name === '[[Scopes]]')
      const list = this.#properties(scopes?.value?.objectId)?.result
      if (list === undefined) return undefined
      const all = new Map<string, unknown>()
      for (const { name, value } of list) {
        if (!/^\d+$/.test(name) || value?.description === 'Global') continue
        this.#ask('Runtime.callFunctionOn', { objectId: value?.objectId, functionDeclaration: HAND_OVER })
        const scope = Object.entries(Reflect.get(globalThis, SLOT) as object)
        for (const [key, held] of scope) if (!all.has(key)) all.set(key, held)
      }
      return all
    } finally {
      Reflect.deleteProperty(globalThis, SLOT)
    }
  }

  #properties(objectId: string | undefined): Properties | undefined {
    if (objectId === undefined) return undefined
    return this.#ask('Runtime.getProperties', { objectId, ownProperties: true }) as Properties | undefined
  }

  [Symbol.dispose](): void {
    this.#session?.disconnect()
  }
}
