/**
 * Parsing of flag values. Each parser gets the flag, for the error, and the text.
 */
import { badValue, didYouMean } from './usage.ts'

/** A whole number in a range. */
export function integer(flag: string, text: string, least: number, most: number): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) {
    throw badValue(flag, text, `a whole number from ${least} to ${most}`)
  }
  return value
}

/** A share: 0 to 1. */
export function share(flag: string, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text)
  if (!(value >= 0 && value <= 1)) throw badValue(flag, text, 'a number from 0 to 1')
  return value
}

/** One of a few names. */
export function oneOf<T extends string>(flag: string, text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text)
  if (found !== undefined) return found
  throw badValue(flag, text, `one of ${names.join(', ')}${didYouMean(text, names)}`)
}

/** A size in bytes: 64MB, 512KB, 1GB. */
export function bytes(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(KB|MB|GB)$/i.exec(text)
  const unit = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[match?.[2]?.toUpperCase() ?? '']
  const value = Math.ceil(Number(match?.[1]) * (unit ?? Number.NaN))
  if (!(value > 0)) throw badValue(flag, text, 'a size as 64MB or 1GB')
  return value
}

/** Items of a list flag, which may be given with commas or several times. */
export function items(texts: readonly string[]): string[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}
