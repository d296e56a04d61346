import { beforeEach, expect, test } from 'vitest'
import { read, write } from '#lockstorm/mem/access.fast'
import {
  attachArena,
  createArena,
  ring_alloc,
  ring_claim,
  ring_commit,
  ring_head,
  ring_number,
  ring_payload,
  ring_records,
} from '#lockstorm/mem/index'

let sab: SharedArrayBuffer
beforeEach(() => {
  sab = createArena(1 << 16, 2)
})

function append(ring: number, value: number): void {
  const claim = ring_claim(ring)
  write(ring_payload(ring, claim), value)
  ring_commit(ring, claim)
}

const values = (ring: number): number[] => ring_records(ring, 0, (_n, at) => read(at))

test('the newest records are there, whole and in order', () => {
  const ring = ring_alloc(4, 1)
  for (let i = 0; i < 7; i++) append(ring, i)
  expect(values(ring)).toEqual([3, 4, 5, 6])
  expect(ring_head(ring)).toBe(7)
})

test('who comes round to a record that is being written loses his own, and leaves that one alone', () => {
  const ring = ring_alloc(2, 1)
  const slow = ring_claim(ring)
  write(ring_payload(ring, slow), 100)
  append(ring, 1)
  append(ring, 2)
  append(ring, 3)
  expect(read(ring_payload(ring, slow))).toBe(100)
  expect(values(ring)).toEqual([3])
  ring_commit(ring, slow)
  expect(values(ring)).toEqual([3])
  append(ring, 4)
  expect(values(ring)).toEqual([3, 4])
})

test('a record of a later round is not overwritten, and a claim knows its number', () => {
  const ring = ring_alloc(1, 1)
  const slow = ring_claim(ring)
  const late = ring_claim(ring)
  expect([slow, ring_number(slow), ring_number(late)]).toEqual([0, 0, 1])
  expect(late).toBeLessThan(0)
  ring_commit(ring, late)
  expect(values(ring)).toEqual([])
})

test('a record that is overwritten while it is read is not given out', () => {
  const ring = ring_alloc(1, 1)
  append(ring, 1)
  const decode = (_n: number, at: number): number => {
    const value = read(at)
    if (value === 1) append(ring, 2)
    return value
  }
  expect(ring_records(ring, 0, decode)).toEqual([2])
})

test('what is lost is written to words of the CPU that lost it', () => {
  const ring = ring_alloc(1, 3)
  ring_claim(ring)
  const mine = ring_payload(ring, ring_claim(ring))
  attachArena(sab, 1)
  const other = ring_payload(ring, ring_claim(ring))
  expect(Math.abs(mine - other)).toBeGreaterThanOrEqual(3)
})
