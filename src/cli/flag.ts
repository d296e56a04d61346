/**
 * A flag is declared once: its name is the key in its command's table, and here stand the word it takes, the parser, the
 * default, the help and what it goes with. Help, parsing, refusals and the tests of bad command lines read the same table.
 *
 * Conditions   `--matrix`: the flag is given · `--search dfs`: it has this value, given or by default; `FILE` is any file · any other words: there are operands
 */
import { spelled } from '../base/spelled.ts'
import { isPath } from '../define/is_path.ts'
import { Refused, type Kind } from './kinds.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'

/** What a declaration may say besides. */
export interface Extras {
  /** Conditions of which one must hold. */
  readonly goes?: readonly string[]
  /** Flags that must not stand beside it. */
  readonly not?: readonly string[]
  /** One letter that stands for it, too. */
  readonly short?: string
  /** Head of the group in the help. */
  readonly group?: string
  readonly hidden?: true
}

/** One flag of a command; `T` is what the command gets. */
export interface Flag<T> extends Extras {
  /** The word it takes, as the help shows it: `<n>`; '' for a switch. */
  readonly value: string
  readonly help: string
  /** The default as one would type it. */
  readonly usual?: string
  /** Undefined for a switch. */
  readonly kind?: Kind<unknown>
  /** Takes several, with commas or by being given again. */
  readonly list?: true
  /** What the words come to; undefined words: it is not given. @throws UsageError */
  readonly read: (flag: string, words: readonly string[] | undefined) => T
}

/** The flags of a command by the name that the command knows them by. */
export type Flags = Readonly<Record<string, Flag<unknown>>>

/** What the flags come to. */
export type Values<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never
}

/** One word. @throws UsageError */
export function readWord<T>(flag: string, kind: Kind<T>, word: string): T {
  const value = kind.parse(word)
  if (value instanceof Refused) throw badValue(flag, word, `${kind.accepts}, but ${value.why}`)
  if (value === undefined) throw badValue(flag, word, kind.accepts + (kind.near?.(word) ?? ''))
  return value
}

function single(flag: string, words: readonly string[]): string {
  if (words.length > 1) throw new UsageError(`${flag} ${words.join(` ${flag} `)}: it is given twice`)
  return words[0] as string
}

/** A switch. */
export function on(help: string, extras: Extras = {}): Flag<boolean> {
  const read = (flag: string, words: readonly string[] | undefined): boolean => {
    if ((words?.length ?? 0) > 1) throw new UsageError(`${flag}: it is given twice`)
    return words !== undefined
  }
  return { ...extras, value: '', help, read }
}

/** A flag that takes one word; without it, undefined. */
export function maybe<T>(
  kind: Kind<T>,
  value: string,
  help: string,
  extras: Extras = {},
): Flag<T | undefined> {
  return {
    ...extras,
    value,
    help,
    kind,
    read: (flag, words) => (words === undefined ? undefined : readWord(flag, kind, single(flag, words))),
  }
}

/** A flag that takes one word; without it, what `usual` comes to. */
export function one<T>(
  kind: Kind<T>,
  value: string,
  usual: string,
  help: string,
  extras: Extras = {},
): Flag<T> {
  return {
    ...extras,
    value,
    help,
    usual,
    kind,
    read: (flag, words) => readWord(flag, kind, words === undefined ? usual : single(flag, words)),
  }
}

/** The items of a list, each of them once. `''` is none. @throws UsageError */
function itemsOf(flag: string, words: readonly string[], accepts: string): string[] {
  const items = words.flatMap((word) => {
    const parts = word.split(',')
    return parts.length === 1 ? parts : parts.map((part) => part.trim())
  })
  const shown = words.length === 1 ? (words[0] as string) : words.join(` ${flag} `)
  if (items.length === 1 && items[0] === '') throw badValue(flag, '', accepts)
  if (items.includes('')) throw badValue(flag, shown, `${accepts}, and nothing is left out between commas`)
  const twice = items.find((item, i) => items.indexOf(item) < i)
  if (twice !== undefined) throw new UsageError(`${flag} ${shown}: ${twice} is given twice`)
  return items
}

/** A list, without commas in its items. An item may stand for several: `all`. */
export function list<T>(
  kind: Kind<T | readonly T[]>,
  value: string,
  usual: string,
  help: string,
  extras: Extras = {},
): Flag<readonly T[]> {
  const read = (flag: string, words: readonly string[] = [usual]): readonly T[] => {
    const items = itemsOf(flag, words, kind.accepts)
    const values = items.map((item) => readWord(flag, kind, item))
    const flat = values.flat() as T[]
    const i = values.findIndex((one, at) =>
      values
        .slice(0, at)
        .flat()
        .some((before) => [one].flat().includes(before)),
    )
    if (i >= 0) throw new UsageError(`${flag} ${words.join()}: ${items[i]} is given twice`)
    return flat
  }
  return { ...extras, value, help, usual, kind, list: true, read }
}

/** The same where the default is no list. */
export function maybeList<T>(
  kind: Kind<T | readonly T[]>,
  value: string,
  help: string,
  extras: Extras = {},
): Flag<readonly T[] | undefined> {
  const full = list(kind, value, '', help, extras)
  return {
    ...extras,
    value,
    help,
    kind,
    list: true,
    read: (flag, words) => (words === undefined ? undefined : full.read(flag, words)),
  }
}

/** Names of which `all` stands for some. */
export function namesOr<T extends string>(names: readonly T[], all?: readonly T[]): Kind<T | readonly T[]> {
  const known = all === undefined ? names : ['all', ...names]
  return {
    accepts: `${all === undefined ? 'any' : 'all, or any'} of ${names.join(', ')}`,
    parse: (word) => (word === 'all' ? all : names.find((name) => name === word)),
    near: (word) => didYouMean(word, known),
    right: names[0] as string,
    wrong: [`${names[0]}x`, `${names[0]?.toUpperCase()}!`],
  }
}

/** The words that were given, by name of flag. */
export type Given = ReadonlyMap<string, readonly string[]>

/** Does a condition hold? */
function holds(condition: string, flags: Flags, given: Given, operands: readonly string[]): boolean {
  const [flag = '', value] = condition.split(' ')
  if (!flag.startsWith('--')) return operands.length > 0
  const name = Object.keys(flags).find((one) => spelled(one) === flag) ?? ''
  if (value === undefined) return given.has(name)
  const now = given.get(name)?.at(-1) ?? flags[name]?.usual ?? ''
  return value === 'FILE' ? isPath(now) : now === value
}

/** Reads all flags, then looks whether they go together. @throws UsageError */
export function readFlags<F extends Flags>(flags: F, given: Given, operands: readonly string[]): Values<F> {
  const values = Object.entries(flags).map(([name, flag]) => [
    name,
    flag.read(spelled(name), given.get(name)),
  ])
  for (const name of given.keys()) {
    const { goes, not = [] } = flags[name] as Flag<unknown>
    const holdsNow = (condition: string): boolean => holds(condition, flags, given, operands)
    if (goes?.some(holdsNow) === false) {
      throw new UsageError(`${spelled(name)} goes with ${goes.join(' or ')}`)
    }
    const other = not.find(holdsNow)
    if (other !== undefined)
      throw new UsageError(`${spelled(name)} and ${other} exclude each other: give one of them`)
  }
  return Object.fromEntries(values) as Values<F>
}
