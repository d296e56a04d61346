import { expect, test } from 'vitest'
import { renderLadder } from '#lockstorm/report/ladder'

test('each CPU has its column, calls are indented', () => {
  const rows = [
    { cpu: 0, depth: 0, text: 'mutex_lock(&a);' },
    { cpu: 1, depth: 0, text: 'remove()' },
    { cpu: 1, depth: 1, text: 'mutex_lock(&a);' },
  ]
  expect(renderLadder(rows, 2, { columnWidth: 20 }).join('\n')).toBe(
    [
      'cpu-0               cpu-1',
      '-----               -----',
      'mutex_lock(&a);',
      '                    remove()',
      '                      mutex_lock(&a);',
    ].join('\n'),
  )
})

test('a column is as wide as its longest row, up to a limit', () => {
  const rows = [
    { cpu: 0, depth: 0, text: 'x'.repeat(50) },
    { cpu: 1, depth: 0, text: 'y' },
  ]
  expect(renderLadder(rows, 2, { columnWidth: 10, maxRowWidth: 30 })[3]).toBe(`${' '.repeat(32)}y`)
})
