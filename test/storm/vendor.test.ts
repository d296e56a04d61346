import { expect, test } from 'vitest'
import { costWords, parseCost, parseFault, sameCost, vendorPlan, warmUpCosts } from '#lockstorm/storm/index'

test.each([
  ['none', { kind: 'none', ns: 0, distribution: 'fixed' }],
  ['busy:20us', { kind: 'busy', ns: 20_000, distribution: 'fixed' }],
  ['busy:20µs', { kind: 'busy', ns: 20_000, distribution: 'fixed' }],
  ['sleep:1ms', { kind: 'sleep', ns: 1_000_000, distribution: 'fixed' }],
  ['sleep:1.5ms:fixed', { kind: 'sleep', ns: 1_500_000, distribution: 'fixed' }],
  ['sleep:1ms:exp', { kind: 'sleep', ns: 1_000_000, distribution: 'exponential' }],
  ['busy:500ns:exponential', { kind: 'busy', ns: 500, distribution: 'exponential' }],
  ['sleep:2s', { kind: 'sleep', ns: 2_000_000_000, distribution: 'fixed' }],
])('%s is a cost', (text, cost) => {
  expect(parseCost(text)).toEqual(cost)
})

test.each([
  '',
  'sleep',
  'sleep:',
  'sleep:1',
  'sleep:-1ms',
  'sleep:0ms',
  'sleep:3s',
  'nap:1ms',
  'busy:1h',
  'sleep:1ms:x',
])('%j is none', (text) => {
  expect(parseCost(text)).toBeUndefined()
})

test('a cost fits into words', () => {
  for (const text of ['none', 'busy:20us', 'sleep:2s:exp']) {
    const cost = parseCost(text)
    expect(cost && costWords(cost).every((word) => (word | 0) === word)).toBe(true)
  }
})

test('faults are read', () => {
  expect(parseFault('spin:3@100')).toEqual({ kind: 'spin', cpu: 3, op: 100 })
  expect(parseFault('spin:3')).toBeUndefined()
  expect(parseFault('dance:3@1')).toBeUndefined()
})

test('warm-up rounds: each kind of cost once, short, and at least as many without one, the first among them', () => {
  const labels = (...costs: string[]): string[] =>
    warmUpCosts(costs.map(sameCost)).map(({ create }) => `${create.kind} ${create.ns / 1000}`)
  const none = (n: number): string[] => Array.from({ length: n }, () => 'none 0')
  expect(labels('none')).toEqual(none(10))
  expect(labels('none', 'busy:20us', 'sleep:1ms')).toEqual([...none(8), 'busy 1', 'sleep 300'])
  expect(labels('sleep:100us', 'sleep:1ms', 'sleep:10ms')).toEqual([...none(9), 'sleep 300'])
  const cost = (text: string): NonNullable<ReturnType<typeof parseCost>> => parseCost(text) as never
  const many = ['busy:1us', 'sleep:1ms', 'busy:1us:exp', 'sleep:1ms:exp']
  expect(warmUpCosts(many.flatMap((a) => many.map((b) => vendorPlan('', cost(a), cost(b)))))).toHaveLength(32)
})
