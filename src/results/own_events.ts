/**
 * What the threads of a user's lock did last before something was found wrong, as a report keeps it: a line for each thing, such as
 * `2 lock` (thread 2 calls lock) or `2 compareExchange 0 1` (its result on word 0 was 1).
 */

/** Functions of a lock. */
export const CALLS = ['init', 'lock', 'unlock', 'tryLock', 'lockFor', 'lockShared', 'unlockShared'] as const
/** What they do to its words. `wait`: goes to sleep, or finds another value; `woken`: a sleep has ended. */
export const OPERATIONS = [
  'load',
  'store',
  'add',
  'sub',
  'and',
  'or',
  'xor',
  'exchange',
  'compareExchange',
  'notify',
] as const
export const WHATS = [...CALLS, ...OPERATIONS, 'wait', 'woken'] as const

/** One thing that a thread did. */
export interface OwnEvent {
  readonly thread: number
  readonly what: (typeof WHATS)[number]
  /** Of the lock; undefined for a call. */
  readonly word?: number
  /** What came of it. */
  readonly value?: number
}

/** As a line. */
export function eventText({ thread, what, word, value }: OwnEvent): string {
  return word === undefined ? `${thread} ${what}` : `${thread} ${what} ${word} ${value}`
}

/** What a line says; undefined if it is none. */
export function eventOf(line: unknown): OwnEvent | undefined {
  const [, thread, name, word, value] = /^(\d+) (\w+)(?: (-?\d+) (-?\d+))?$/.exec(String(line)) ?? []
  const what = WHATS.find((one) => one === name)
  if (what === undefined || (CALLS as readonly string[]).includes(what) !== (word === undefined))
    return undefined
  if (word === undefined) return { thread: Number(thread), what }
  return { thread: Number(thread), what, word: Number(word), value: Number(value) }
}
