/** What the kernel's own test of number allocators asks (docs/kernel-tests.md). Here the numbers end where the bitmap does. */
import { beforeEach, expect, test } from 'vitest'
import { ENOSPC } from '#lockstorm/base/errno'
import { alloc_boot, bitmap_weight, createArena, ida_alloc, ida_free } from '#lockstorm/mem/index'
import { read } from '#lockstorm/mem/access.fast'

const BITS = 2000
const WORDS = 63
let map: number
beforeEach(() => {
  createArena(1 << 16, 1)
  map = alloc_boot(WORDS + 1)
})

const take = (count: number): number[] => Array.from({ length: count }, () => ida_alloc(map, BITS))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('numbers come lowest first, and those given back come before new ones', () => {
  expect(take(1000)).toEqual(upTo(1000))
  ida_free(map, 20)
  ida_free(map, 21)
  expect(take(3)).toEqual([20, 21, 1000])
})

test.each([31, 32, 33, 64, 1023, 1024])('%i numbers given back in either order leave nothing', (count) => {
  for (const back of [upTo(count), upTo(count).toReversed()]) {
    expect(take(count)).toEqual(upTo(count))
    expect(bitmap_weight(map, WORDS)).toBe(count)
    for (const id of back) ida_free(map, id)
    expect(bitmap_weight(map, WORDS)).toBe(0)
  }
})

test('the last number can be had and none beyond it, however the map ends within a word', () => {
  take(BITS - 1)
  expect(take(3)).toEqual([BITS - 1, -ENOSPC, -ENOSPC])
  ida_free(map, BITS - 1)
  expect(take(2)).toEqual([BITS - 1, -ENOSPC])
  expect(read(map + WORDS)).toBe(0)
})

test('giving back a number that nobody has changes no other', () => {
  for (const id of upTo(100)) ida_free(map, id)
  expect(take(5)).toEqual(upTo(5))
  for (const id of upTo(100).slice(5)) ida_free(map, id)
  expect(take(1)).toEqual([5])
})
