import { expect, test } from 'vitest'
import { formatSchedule, parseReplay } from '#lockstorm/explore/schedule'

test('a replay string survives being read and written', () => {
  const { model, schedule, hash } = parseReplay('toy-mutex@7>1,12>0/h3f2a')
  expect(model).toBe('toy-mutex')
  expect(hash).toBe('3f2a')
  expect(formatSchedule(schedule)).toBe('7>1,12>0')
})

test('the default schedule is a dash', () => {
  expect(parseReplay('abba@-').schedule).toEqual([])
  expect(formatSchedule([])).toBe('-')
})

test.for(['abba', 'abba@x', 'abba@3>1,2>0', 'abba@1>1/hxyz', '@1>1'])('%s is refused', (text) => {
  expect(() => parseReplay(text)).toThrow(SyntaxError)
})
