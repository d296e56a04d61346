/** What detectors share: stacks are stored once and apart from each other, and what is told once is told once. */
import { expect, test } from 'vitest'
import { lockdep_init } from '#lockstorm/debug/index'
import { firstTime } from '#lockstorm/debug/once'
import type { Frame } from '#lockstorm/debug/stack'
import { loadStack, saveStack } from '#lockstorm/debug/stack_depot'
import { createArena } from '#lockstorm/mem/index'

const frame = (symbol: string): Frame => ({
  symbol,
  module: '',
  file: 'a.ts',
  line: 1,
  column: 1,
  lock: false,
})
const symbols = (handle: number): string[] => loadStack(handle).map(({ symbol }) => symbol)

test('stacks that begin alike are two; a stack that is known is not stored again', () => {
  createArena(1 << 23, 2)
  expect(lockdep_init()).toBe(true)
  const [one, two] = [saveStack([frame('same'), frame('one')]), saveStack([frame('same'), frame('two')])]
  expect([symbols(one), symbols(two)]).toEqual([
    ['same', 'one'],
    ['same', 'two'],
  ])
  expect(saveStack([frame('same'), frame('one')])).toBe(one)
})

test('stacks whose places in the table are taken find others', () => {
  createArena(1 << 25, 2)
  expect(lockdep_init()).toBe(true)
  const names = Array.from({ length: 500 }, (_, i) => `callee ${i}`)
  const handles = names.map((called) => saveStack([frame('same'), frame(called)]))
  expect(handles.map((handle) => symbols(handle)[1])).toEqual(names)
})

test('a text is new once, and another is new, too', () => {
  createArena(1 << 23, 2)
  expect(lockdep_init()).toBe(true)
  expect(['a', 'a', 'b', 'a', 'b'].map(firstTime)).toEqual([true, false, true, false, false])
})
