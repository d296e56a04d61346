/**
 * Does a value have the shape that a description must have? What is wrong is told in one line: which field, what was expected,
 * what it is.
 */

/** A value without the shape. */
export class ShapeError extends TypeError {
  override readonly name: string = 'ShapeError'
  readonly code = 'ERR_SHAPE'
}

/** A field's check, with what it accepts in words. */
export interface Check {
  readonly accepts: string
  readonly holds: (value: unknown) => boolean
}

/** Checks by field; `name?` may be left out. */
export type Shape = Readonly<Record<string, Check>>

const SHOWN = 40

/** What a value is, in a few words. */
export function whatItIs(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'string') return value.length > SHOWN ? 'a long text' : `the text '${value}'`
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Says what is wrong with a field. */
export function wrongField(field: string, accepts: string, value: unknown): ShapeError {
  return new ShapeError(`${field}: expected ${accepts}, and it is ${whatItIs(value)}`)
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const text: Check = {
  accepts: 'a text of one line that is not empty',
  holds: (value) => typeof value === 'string' && value !== '' && !/[\n\r]/.test(value),
}

/** A name heads tables and stands on command lines. */
export const identifier: Check = {
  accepts: 'a name of letters, digits, dots, dashes and underscores',
  holds: (value) => typeof value === 'string' && /^[\w.-]{1,60}$/.test(value),
}

export const fn: Check = { accepts: 'a function', holds: (value) => typeof value === 'function' }
export const flag: Check = { accepts: 'true or false', holds: (value) => typeof value === 'boolean' }
export const anObject: Check = { accepts: 'an object', holds: isObject }

/** A whole number in a range. */
export function whole(least: number, most: number): Check {
  return {
    accepts: `a whole number from ${least} to ${most}`,
    holds: (value) => Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
  }
}

/** An array of so many, each of one kind. */
export function several(least: number, most: number, what: string, each: Check['holds']): Check {
  return {
    accepts: `an array of ${least === most ? least : `${least} to ${most}`} ${what}`,
    holds: (value) =>
      Array.isArray(value) && value.length >= least && value.length <= most && value.every(each),
  }
}

/** One of a few words. */
export function word(...words: readonly string[]): Check {
  return { accepts: `one of ${words.join(', ')}`, holds: (value) => words.includes(value as string) }
}

/** An object with at least one entry, each of one kind. */
export function entries(what: string, each: Check['holds']): Check {
  return {
    accepts: `an object of ${what} by name, at least one`,
    holds: (value) =>
      isObject(value) &&
      Object.keys(value).length > 0 &&
      Object.keys(value).every(identifier.holds) &&
      Object.values(value).every(each),
  }
}

/** Looks at every field. A field that the shape does not know is refused: it may be one that is misspelled. @throws ShapeError */
export function mustHave(value: unknown, shape: Shape, what: string, at = ''): void {
  if (!isObject(value)) throw new ShapeError(`${at}expected ${what}, and it is ${whatItIs(value)}`)
  const fields = Object.entries(shape).map(([key, check]) => ({
    name: key.replace('?', ''),
    optional: key.endsWith('?'),
    ...check,
  }))
  for (const { name, optional, accepts, holds } of fields) {
    const found = value[name]
    if (optional && found === undefined) continue
    if (!holds(found)) throw wrongField(at + name, accepts, found)
  }
  const stranger = Object.keys(value).find((key) => !fields.some(({ name }) => name === key))
  if (stranger !== undefined) {
    const known = fields.map(({ name }) => name).join(', ')
    throw new ShapeError(`${at}${stranger}: ${what} has no such field; it has ${known}`)
  }
}
