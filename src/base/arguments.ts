/**
 * Arguments of public calls: what is wrong in itself is refused before anything is touched, in one wording.
 * A value of another type is a TypeError, one outside its range a RangeError.
 */

/** A value as an error text shows it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  return Object(value) === value ? ((value as object).constructor?.name ?? 'an object') : String(value)
}

function text(caller: string, what: string, accepted: string, value: unknown): string {
  return `${caller}: ${what} must be ${accepted}, not ${shown(value)}`
}

/** The error of a value of a wrong type. `caller` is `Class.method`. */
export function wrongType(caller: string, what: string, accepted: string, value: unknown): TypeError {
  return new TypeError(text(caller, what, accepted, value))
}

/** Refuses options that are no object, or one that nobody would look at. */
export function checkKeys(caller: string, what: string, value: unknown, names: readonly string[]): void {
  const accepted = `of ${names.join(', ')}`
  if (Object(value) !== value) throw wrongType(caller, what, accepted, value)
  for (const name in value as object) if (!names.includes(name)) throw wrongType(caller, what, accepted, name)
}

/** Refuses a value that is no number, or is not in its range. */
export function checkNumber(
  caller: string,
  what: string,
  value: unknown,
  is: boolean,
  accepted: string,
): void {
  if (typeof value !== 'number') throw wrongType(caller, what, accepted, value)
  if (!is) throw new RangeError(text(caller, what, accepted, value))
}

/** Checks a whole number. */
export function checkInteger(
  caller: string,
  what: string,
  value: unknown,
  least: number,
  most: number,
): void {
  const is = Number.isInteger(value) && (value as number) >= least && (value as number) <= most
  checkNumber(caller, what, value, is, `an integer from ${least} to ${most}`)
}
