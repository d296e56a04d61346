// Locks of two classes, some counted in one entry below an outer lock, given back in every order: lockdep's record must say of each
// lock what a plain list of the locks in hand says.
import { expect, test } from 'vitest'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { findings, Lockdep, lockdep_init } from '#lockstorm/debug/index'
import { mutex, mutex_init, mutex_lock, mutex_lock_nest_lock, mutex_unlock } from '#lockstorm/sync/mutex'
import type { Addr } from '#lockstorm/base/addr'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import { lockdep_assert_held, lockdep_assert_not_held } from '#lockstorm/trace/trace.checked'

type Lock = Addr<'mutex'>
/** How each of up to four locks is taken: alone (a class each by letter), or as one of many below the outer lock. */
type Kind = 'a' | 'b' | 'A' | 'B'
const KINDS: readonly Kind[] = ['a', 'b', 'A', 'B']

function orders<T>(all: readonly T[]): T[][] {
  if (all.length === 0) return [[]]
  return all.flatMap((one, i) => orders(all.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

function words(length: number): Kind[][] {
  return length === 0 ? [[]] : words(length - 1).flatMap((word) => KINDS.map((kind) => [...word, kind]))
}

/** Two of a class that are not below the outer lock are a recursion, and another class between them a circle: rightly reported. */
function isFair(word: readonly Kind[]): boolean {
  const alone = word.filter((kind) => kind === 'a' || kind === 'b')
  const both = (small: Kind, big: Kind): boolean => word.includes(small) && word.includes(big)
  const runs = word.join('').match(/(.)\1*/g) ?? []
  const together = new Set(runs.map((one) => one[0])).size === runs.length
  return together && new Set(alone).size === alone.length && !both('a', 'A') && !both('b', 'B')
}

function fresh(): { observer: Lockdep; outer: Lock; make: (name: string) => Lock } {
  createArena(1 << 21, 1)
  lockdep_init({})
  const observer = new Lockdep()
  installObserver(observer)
  const make = (name: string): Lock => {
    const lock = alloc_boot(mutex.words) as unknown as Lock
    mutex_init(lock, name)
    return lock
  }
  return { observer, outer: make('outer'), make }
}

/** Takes the locks of a word in turn, gives them back in an order, and asks after each step. Returns what lockdep has to say. */
function run(word: readonly Kind[], order: readonly number[]): string[] {
  const { observer, outer, make } = fresh()
  try {
    const locks = word.map((kind) => make(kind.toLowerCase()))
    mutex_lock(outer)
    for (const [i, kind] of word.entries()) {
      const lock = locks[i] as Lock
      if (kind === kind.toUpperCase()) mutex_lock_nest_lock(lock, outer)
      else mutex_lock(lock)
    }
    const held = new Set(locks)
    const ask = (): void => {
      lockdep_assert_held(outer)
      for (const [i, lock] of locks.entries()) {
        // One entry stands for all of a class below the outer lock: only the first of them is known by its address.
        if (word[i] === word[i]?.toUpperCase()) continue
        if (held.has(lock)) lockdep_assert_held(lock)
        else lockdep_assert_not_held(lock)
      }
    }
    ask()
    for (const i of order) {
      const lock = locks[i] as Lock
      mutex_unlock(lock)
      held.delete(lock)
      ask()
    }
    mutex_unlock(outer)
    lockdep_assert_not_held(outer)
    // Nothing is left on the record: another unlock must be a bad one.
    const before = findings().map(({ title }) => title)
    observer.lockRelease(outer, 0)
    const after = findings().length
    return after === before.length + 1 ? before : [...before, 'something is still on the record']
  } finally {
    removeObserver(observer)
  }
}

const WORDS = [1, 2, 3, 4].flatMap(words).filter(isFair)

test.each(WORDS.map((word) => [word.join(' '), word] as const))('%s in every order', (_name, word) => {
  const wrong = orders([...word.keys()])
    .map((order) => ({ order, said: run(word, order) }))
    .filter(({ said }) => said.length > 0)
  expect(wrong).toEqual([])
})
