import { describe, expect, test } from 'vitest'
import { attach, read, write } from '#lockstorm/mem/access.fast'
import {
  consistentOutcomes,
  LITMUS,
  litmusNamed,
  outcomeText,
  programText,
  weakOutcomes,
  type Litmus,
} from '#lockstorm/torture/litmus/index'
import { threadOf } from '#lockstorm/torture/litmus/threads'

const plain = LITMUS.filter(({ name }) => name.endsWith('+plain'))

test('the weak outcome of each family is the one of the literature, and no other', () => {
  const weak = Object.fromEntries(
    plain.map((one) => [one.name, [...weakOutcomes(one)].map((code) => outcomeText(one, code))]),
  )
  expect(weak).toMatchObject({
    'SB+plain': ['0:r0=0 1:r0=0'],
    'MP+plain': ['1:r0=1 1:r1=0'],
    'LB+plain': ['0:r0=1 1:r0=1'],
    'IRIW+plain': ['2:r0=1 2:r1=0 3:r0=1 3:r1=0'],
    'R+plain': ['1:r0=0 [y]=2'],
    'S+plain': ['1:r0=1 [x]=2'],
    '2+2W+plain': ['[x]=1 [y]=1'],
  })
})

test('with Atomics alone everything weak is forbidden, with plain accesses nothing is', () => {
  const ordered = (mix: string): boolean[] =>
    LITMUS.filter(({ name }) => name.endsWith(mix)).map((one) => one.ordered)
  expect(ordered('+atomics')).toEqual(plain.map(() => true))
  expect(ordered('+plain')).toEqual(plain.map(() => false))
})

test('a program reads as what it does', () => {
  expect(litmusNamed('MP').map(programText)).toEqual([
    'x = 1; y = 1 ‖ y; x',
    'x = 1; Atomics.store(y, 1) ‖ Atomics.load(y); x',
    'Atomics.store(x, 1); Atomics.store(y, 1) ‖ Atomics.load(y); Atomics.load(x)',
  ])
  expect(litmusNamed('SB+plain')).toHaveLength(1)
  expect(litmusNamed('SX')).toEqual([])
})

/** Runs the threads one after the other, in each order, as compiled code; returns the outcomes. */
function sequential(one: Litmus): number[] {
  attach(new Int32Array(64), 0, 0)
  const at = { x: 0, y: 16 }
  const orders = [one.threads.map((_, t) => t), one.threads.map((_, t) => t).toReversed()]
  return orders.map((order) => {
    write(at.x, 0)
    write(at.y, 0)
    const seen = one.threads.map(() => 0)
    for (const t of order) {
      const [a, b] = one.threads[t] ?? []
      const run = threadOf(one.threads[t] ?? [])
      seen[t] = run(at[a?.word ?? 'x'], a?.value ?? 0, at[b?.word ?? 'x'], b?.value ?? 0)
    }
    let code = 0
    let field = 0
    for (const [t, steps] of one.threads.entries()) {
      code |= (seen[t] ?? 0) << (2 * field)
      field += steps.filter(({ value }) => value === undefined).length
    }
    for (const word of one.final) code |= read(at[word]) << (2 * field++)
    return code
  })
}

describe('the compiled threads do what the program says', () => {
  test.each(LITMUS.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const consistent = consistentOutcomes(one)
    const codes = sequential(one)
    for (const code of codes) expect([...consistent]).toContain(code)
    expect(new Set(codes).size).toBeGreaterThan(1)
  })
})
