/**
 * A number with what it is of.
 */

/** `1 slice`, `3 slices`. */
export function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
