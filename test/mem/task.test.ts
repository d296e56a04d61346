/** task_struct: what is written out as numbers, so that locks come without the struct, is where the struct has it. */
import { expect, test } from 'vitest'
import { TASK_OFFSETS, task_struct } from '#lockstorm/mem/task'

test('offsets that are written out are those of the struct', () => {
  for (const [field, offset] of Object.entries(TASK_OFFSETS)) {
    expect([field, offset]).toEqual([field, task_struct.offset[field as keyof typeof task_struct.offset]])
  }
  expect(Object.keys(TASK_OFFSETS)).toContain('signal')
})
