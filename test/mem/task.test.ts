/** task_struct: the record of reader locks; and what is written out as numbers, so that locks come without the struct, is where the struct has it. */
import { expect, test } from 'vitest'
import { read } from '#lockstorm/mem/access.fast'
import { createArena } from '#lockstorm/mem/index'
import { current, pop_read, push_read, TASK_OFFSETS, task_struct } from '#lockstorm/mem/task'

test('offsets that are written out are those of the struct', () => {
  for (const [field, offset] of Object.entries(TASK_OFFSETS)) {
    expect([field, offset]).toEqual([field, task_struct.offset[field as keyof typeof task_struct.offset]])
  }
  expect(Object.keys(TASK_OFFSETS)).toContain('signal')
})

test('reader locks that are given back in another order leave those that are held on the record', () => {
  createArena(1 << 20, 2)
  const record = (): number[] => {
    const depth = read(task_struct.at.read_depth(current()))
    return Array.from({ length: depth }, (_, i) => read(task_struct.at.reads(current()) + i))
  }
  const [a, b] = [1000, 2000]
  for (const lock of [a, b, a]) push_read(lock)
  pop_read(a)
  expect(record()).toEqual([a, b])
  // The one below the innermost; what was given back before still stands behind both.
  pop_read(a)
  expect(record()).toEqual([b])
  pop_read(b)
  expect(record()).toEqual([])
})
