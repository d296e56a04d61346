import { expect, test } from 'vitest'

test('ends its process', () => {
  const exit = Reflect.get(process, 'reallyExit') as (code: number) => void
  exit.call(process, 0)
  expect(true).toBe(false)
})
