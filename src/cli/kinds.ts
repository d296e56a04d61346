/**
 * What the word behind a flag may be. A kind is data: what is accepted, in words, and for the tests a word that is right and
 * words that are wrong.
 */
import { whyNotReadable, whyNotWritable } from '../results/io.ts'
import { parseDuration } from '../base/duration.ts'
import { isPath } from '../define/is_path.ts'
import { didYouMean } from './usage.ts'

export { isPath }

/** A kind of word. `parse` gives undefined for a word that is none, or why it is none. */
export interface Kind<T> {
  readonly accepts: string
  readonly parse: (word: string) => T | Refused | undefined
  /** What is nearest to a word that is refused, as `, did you mean 'x'?`. */
  readonly near?: (word: string) => string
  readonly right: string
  readonly wrong: readonly string[]
}

/** A word that is refused for a reason of its own. */
export class Refused {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** A whole number in a range. */
export function integer(least: number, most: number): Kind<number> {
  return {
    accepts: `a whole number from ${least} to ${most}`,
    parse: (word) => {
      const value = /^(?!-0+$)-?\d+$/.test(word) ? Number(word) : Number.NaN
      return value >= least && value <= most ? value : undefined
    },
    right: String(least),
    wrong: [
      String(least - 1),
      String(most + 1),
      '2.5',
      '1e1',
      '0x2',
      '-0',
      '+8',
      ' 8',
      '8\n',
      '1_0',
      '7 7',
      'eight',
    ],
  }
}

/** One of several parts, counted from 1: `3/16`. */
export function nth(most: number): Kind<{ readonly index: number; readonly of: number }> {
  return {
    accepts: `a part such as 3/16, of at most ${most}`,
    parse: (word) => {
      const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(word)?.map(Number) ?? []
      if (index === undefined || of === undefined) return undefined
      return index >= 1 && index <= of && of <= most ? { index, of } : undefined
    },
    right: '1/2',
    wrong: ['3', '0/2', '3/2', '1/0', `1/${most + 1}`, '1.5/2', '-1/2', '1/2/3'],
  }
}

/** A share: 0 to 1. */
export const share: Kind<number> = {
  accepts: 'a number from 0 to 1',
  parse: (word) => {
    const value = /^\d+(?:\.\d+)?$/.test(word) ? Number(word) : Number.NaN
    return value >= 0 && value <= 1 ? value : undefined
  },
  right: '0.5',
  wrong: ['1.5', '-0.1', '-0', '+1', '0x1', '1e-1', ' 0.5', '.5', 'often', '10%'],
}

/** A share that must lie between both ends: 0.05, or 5%. */
export const part: Kind<number> = {
  accepts: 'a share above 0 and below 1, such as 0.05 or 5%',
  parse: (word) => {
    const [, number = '', percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(word) ?? []
    const value = number === '' ? Number.NaN : Number(number) / (percent === '%' ? 100 : 1)
    return value > 0 && value < 1 ? value : undefined
  },
  right: '5%',
  wrong: ['0', '1', '100%', '-1%', '5 %', 'few', '5'],
}

/** A text that is not empty. */
export const text: Kind<string> = {
  accepts: 'a text',
  parse: (word) => (word === '' ? undefined : word),
  right: 'srcu',
  wrong: [],
}

/** One of a few names. */
export function oneOf<const T extends string>(names: readonly T[]): Kind<T> {
  return {
    accepts: `one of ${names.join(', ')}`,
    parse: (word) => names.find((name) => name === word),
    near: (word) => didYouMean(word, names),
    right: names[0] as string,
    wrong: [`${names[0]}x`, `${names[0]?.toUpperCase()}!`],
  }
}

/** A time with its unit, in milliseconds. `longest`: as the texts name it. */
export function time(leastMs: number, longest: '1h' | '24h'): Kind<number> {
  const most = parseDuration(longest) ?? 0
  return {
    accepts: `a time with its unit such as 500ms, 10s or 2m, up to ${longest}`,
    parse: (word) => {
      const ms = parseDuration(word)
      return ms !== undefined && ms >= leastMs && ms <= most ? ms : undefined
    },
    right: '1s',
    wrong: ['5', '0', '0s', '-1s', '25h', '1d', 's', '1e3ms', '5 s', ' 5s', '5s\n', '1h30m', '0x5s'],
  }
}

const MOST_BYTES = 64 * 2 ** 30

/** A size in bytes: 64MB, 512KB, 1GB. */
export const bytes: Kind<number> = {
  accepts: 'a size such as 64MB or 1GB, up to 64GB',
  parse: (word) => {
    const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(KB|MB|GB)$/i.exec(word) ?? []
    const factor = { KB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit.toUpperCase()]
    const value = Math.ceil(Number(number) * (factor ?? Number.NaN))
    return value > 0 && value <= MOST_BYTES ? value : undefined
  },
  right: '64MB',
  wrong: ['12', '0MB', '-1MB', '1TB', 'MB', '65GB', ' 1GB', '1e3MB', `${'9'.repeat(20)}GB`],
}

/** A file that can be written. `dash`: what `-` stands for, if it may. */
export function file(dash?: 'stdout'): Kind<string> {
  return {
    accepts:
      dash === undefined ? 'a file that can be written' : 'a file that can be written, or - for stdout',
    parse: (word) => {
      if (word === '-') return dash === undefined ? new Refused('- stands for stdout in --json only') : word
      const why = whyNotWritable(word)
      return why === undefined ? word : new Refused(why)
    },
    right: '/dev/null',
    wrong: ['/nowhere/a.json', '/'],
  }
}

/** A file that is there. */
export const readable: Kind<string> = {
  accepts: 'a file that can be read',
  parse: (word) => {
    const why = whyNotReadable(word)
    return why === undefined ? word : new Refused(why)
  },
  right: '/dev/null',
  wrong: ['/nowhere/a.json', '/'],
}

/** A kind of word, or a file. */
export function orFile<T>(kind: Kind<T>): Kind<T | string> {
  return {
    ...kind,
    accepts: `${kind.accepts}, or a file of yours such as ./mine.js`,
    parse: (word) => (isPath(word) ? word : kind.parse(word)),
  }
}
