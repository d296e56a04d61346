import { expect, test } from 'vitest'
import {
  environment,
  isRealTime,
  mayHaveRealTime,
  priorityOf,
  priorityText,
  unusualPriority,
} from '#lockstorm/results/index'

/** A line of /proc/pid/stat, with the fields that count. */
function stat(name: string, nice: number, realTime: number, policy: number): string {
  const rest = Array.from({ length: 50 }, (_, i) => String(i + 3))
  rest[0] = 'R'
  rest[19 - 3] = String(nice)
  rest[40 - 3] = String(realTime)
  rest[41 - 3] = String(policy)
  return `4711 (${name}) ${rest.join(' ')}`
}

test('policy, niceness and real-time level are read behind whatever name the process has', () => {
  expect(priorityOf(stat('node', 0, 0, 0), false)).toMatchObject({ policy: 'other', nice: 0, realTime: 0 })
  expect(priorityOf(stat('a (b) c', -10, 0, 0), true)).toMatchObject({ nice: -10, mayRise: true })
  expect(priorityOf(stat('node)', 0, 10, 2), false)).toMatchObject({ policy: 'rr', realTime: 10 })
  expect(priorityOf(stat('node', 0, 0, 9), false)?.policy).toBe('policy 9')
  expect(priorityOf('', false)).toBeNull()
  expect(priorityOf('1 (node) R 1 2', false)).toBeNull()
})

test('who may have a real-time priority: by capability 23, or by the limit', () => {
  const limits = (most: string): string =>
    `Limit  Soft Limit  Hard Limit  Units\nMax realtime priority     ${most}    0   \n`
  const status = (capabilities: string): string => `Name:\tnode\nCapEff:\t${capabilities}\n`
  expect(mayHaveRealTime(status('000001ffffffffff'), limits('0'))).toBe(true)
  expect(mayHaveRealTime(status('000001ffff7fffff'), limits('0'))).toBe(false)
  expect(mayHaveRealTime(status('0000000000000000'), limits('95'))).toBe(true)
  expect(mayHaveRealTime(status('0000000000000000'), limits('unlimited'))).toBe(true)
  expect(mayHaveRealTime('', '')).toBe(false)
})

test('in words; the ordinary one is not told', () => {
  const one = { policy: 'other', nice: 0, realTime: 0, mayRise: true }
  expect(unusualPriority(one)).toBe('')
  expect(priorityText(one)).toBe('nice 0')
  expect(unusualPriority({ ...one, nice: -10 })).toBe('nice -10')
  expect(unusualPriority({ ...one, policy: 'batch' })).toBe('batch')
  expect(unusualPriority({ ...one, policy: 'rr', realTime: 10 })).toBe('real-time (rr 10)')
  expect(priorityText(null)).toBe('')
  expect(isRealTime({ ...one, policy: 'fifo', realTime: 1 })).toBe(true)
  expect(isRealTime(undefined)).toBe(false)
})

test.runIf(process.platform === 'linux')('this process has one', () => {
  expect(environment().priority).toMatchObject({ policy: expect.any(String), nice: expect.any(Number) })
})
