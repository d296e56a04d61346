import { expect, test } from 'vitest'
import { findings, findingsLost, publish, type Finding } from '#lockstorm/debug/findings'
import { debug_init } from '#lockstorm/debug/store'
import { createArena } from '#lockstorm/mem/index'

const finding = (title: string): Finding => ({ detector: 'kasan', title, cpu: 0, text: 'é', data: { n: 1 } })

test('findings come back as they were made; what finds no room is counted', () => {
  createArena(1 << 19, 1)
  expect(debug_init({ findingWords: 64 })).toBe(true)
  const made = ['first', 'second', 'third', 'fourth'].map(finding)
  const kept = made.filter((one) => publish(one))
  expect(kept.length).toBeGreaterThan(1)
  expect(findings()).toEqual(kept)
  expect(findingsLost()).toBe(made.length - kept.length)
  expect(findingsLost()).toBeGreaterThan(0)
})
