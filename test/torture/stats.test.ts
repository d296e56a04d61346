import { expect, test } from 'vitest'
import { write } from '#lockstorm/mem/access.fast'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import { torture_task } from '#lockstorm/torture/control'
import { measured } from '#lockstorm/torture/measured'
import { statLine } from '#lockstorm/torture/stat_line'
import { Tally } from '#lockstorm/torture/tally'
import { findType, TYPES } from '#lockstorm/torture/types'

test('a statistics line is locktorture’s, to the space', () => {
  expect(statLine('Writes', [27, 20, 24, 25], 0)).toBe('Writes:  Total: 96  Max/Min: 27/20   Fail: 0 ')
  expect(statLine('Reads ', [22, 20], 0)).toBe('Reads :  Total: 42  Max/Min: 22/20   Fail: 0 ')
})

test('failures are marked with !!!, unfairness with ???', () => {
  expect(statLine('Writes', [7, 3], 1)).toBe('Writes:  Total: 10  Max/Min: 7/3   Fail: 1 !!!')
  expect(statLine('Writes', [8, 3], 0)).toBe('Writes:  Total: 11  Max/Min: 8/3 ???  Fail: 0 ')
})

function tallyOf(tasks: number): {
  tally: Tally
  set: (task: number, counter: number, value: number) => void
} {
  const sab = createArena(1 << 16, 1)
  const base = alloc_boot(tasks * torture_task.words)
  const view = new Int32Array(sab)
  const tally = new Tally(view, base, [{ comm: 'worker', body: 'w', tasks }], ['done', 'failed'])
  const set = (task: number, counter: number, value: number): void => {
    write(base + task * torture_task.words + torture_task.offset.counters + counter, value)
  }
  return { tally, set }
}

test('a tally goes on where the 32 bits of a task end', () => {
  const { tally, set } = tallyOf(1)
  set(0, 0, 0x7fff_ffff)
  tally.collect()
  set(0, 0, -0x8000_0000)
  tally.collect()
  set(0, 0, 5)
  tally.collect()
  expect(tally.sum('done')).toBe(2 ** 32 + 5)
})

test('rates and fairness come from the counters of a kind of tasks', () => {
  const { tally, set } = tallyOf(2)
  set(0, 0, 300)
  set(1, 0, 100)
  tally.collect()
  const type = { ...(findType('mutex_lock') ?? TYPES[0]!), counters: ['done', 'failed'] }
  const { totals, perSecond, fairness } = measured(tally, type, 2000)
  expect(totals).toEqual({ done: 400, failed: 0 })
  expect(perSecond).toEqual({ done: 200, failed: 0 })
  expect(fairness).toEqual([{ comm: 'worker', counter: 'done', min: 100, max: 300, ratio: 0.333 }])
})

test('busted types come first, every name is there once', () => {
  const names = TYPES.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const firstReal = TYPES.findIndex(({ busted }) => busted === undefined)
  expect(TYPES.slice(firstReal).every(({ busted }) => busted === undefined)).toBe(true)
})
