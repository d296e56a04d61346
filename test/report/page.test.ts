import { describe, expect, test } from 'vitest'
import { refitLadder, renderLadder } from '#lockstorm/report/ladder'
import { pageWidth, render } from '#lockstorm/report/page'
import { bad, good, wantsColour } from '#lockstorm/report/style'
import type { Table } from '#lockstorm/report/table'

const plain = { width: 60, colour: false }

function lines(text: string): string[] {
  return text.trimEnd().split('\n')
}

test('COLUMNS before the terminal before 100, and never less than 60', () => {
  expect(pageWidth(120, { COLUMNS: '90' })).toBe(90)
  expect(pageWidth(120, {})).toBe(120)
  expect(pageWidth(undefined, {})).toBe(100)
  expect(pageWidth(0, { COLUMNS: 'wide' })).toBe(100)
  expect(pageWidth(20, {})).toBe(60)
  expect(pageWidth(undefined, { COLUMNS: '10' })).toBe(60)
})

describe('a table', () => {
  const table: Table = {
    head: ['name', 'first figure', 'second figure', 'third figure', 'fourth figure'],
    rows: [['one', '1', '2', '3', '4']],
    drop: ['second figure'],
  }

  test('that fits is whole', () => {
    expect(render([table], { width: 80, colour: false })).not.toContain('no room')
  })

  test('gives up columns in its order, then from the right, and names them', () => {
    const text = render([table], plain)
    expect(lines(text)[0]).toBe('name  first figure  third figure  fourth figure')
    expect(text.replaceAll('\n', ' ')).toContain(
      'There is no room for these columns in 60 characters: second figure.',
    )
    const narrower = render([{ ...table, rows: [['x'.repeat(40), '1', '2', '3', '4']] }], plain)
    expect(lines(narrower)[0]?.trim().split(/ {2,}/)).toEqual(['name', 'first figure'])
    expect(narrower.replaceAll('\n', ' ')).toContain('second figure, third figure, fourth figure.')
  })

  test('breaks the cells of a column that may wrap, before any column goes', () => {
    const told = 'a sentence that is much longer than what is left of the page beside its name'
    const text = render([{ head: ['name', 'n', 'what'], rows: [['one', '1', told]], wrap: ['what'] }], plain)
    expect(text).not.toContain('no room')
    expect(Math.max(...lines(text).map(({ length }) => length))).toBeLessThanOrEqual(60)
    expect(text.split(/\s+/).join(' ')).toContain('longer than what is left')
  })

  test('colour counts as nothing', () => {
    const rows = [
      [good('one'), '1'],
      ['two', bad('22')],
    ]
    const text = render([{ head: ['name', 'n'], rows }], plain)
    expect(text).toBe('name   n\n────  ──\none    1\ntwo   22\n')
  })
})

test('prose, pairs and lines are broken between words, which stay whole', () => {
  const text = 'word '.repeat(30).trim()
  for (const block of [{ prose: text }, text, { pairs: [['name', text]] as const }]) {
    const out = lines(render([block], plain))
    expect(out.length).toBeGreaterThan(1)
    expect(Math.max(...out.map(({ length }) => length))).toBeLessThanOrEqual(60)
    expect(out.join(' ')).not.toMatch(/\bwor?\b/)
  }
  const long = `replay '${'x'.repeat(70)}'`
  expect(render([long], plain)).toContain('x'.repeat(70))
})

describe('a ladder', () => {
  const rows = [
    { cpu: 0, depth: 0, text: 'mutex_lock(&first);' },
    { cpu: 1, depth: 0, text: 'mutex_lock(&second);' },
    { cpu: 1, depth: 1, text: '/* a remark of some length about what happens here, and why it does */' },
  ]
  const drawn = [...renderLadder(rows, 2, { columnWidth: 44 }), '', 'Deadlock: both wait.']

  test('that fits is as it was', () => {
    expect(refitLadder(drawn, 130)).toBe(drawn.join('\n'))
  })

  test('is drawn anew where it does not, each row in its column', () => {
    const again = lines(refitLadder(drawn, 60))
    expect(Math.max(...again.map(({ length }) => length))).toBeLessThanOrEqual(60)
    const column = again[0]?.indexOf('cpu-1') ?? 0
    expect(column).toBeGreaterThanOrEqual(8)
    expect(again[2]).toBe('mutex_lock(&first);')
    expect(again[3]).toBe(`${' '.repeat(column)}mutex_lock(&second);`)
    expect(again.at(-1)).toBe('Deadlock: both wait.')
  })
})

test('colour: FORCE_COLOR, NO_COLOR, then the terminal', () => {
  expect(wantsColour(true, {})).toBe(true)
  expect(wantsColour(false, {})).toBe(false)
  expect(wantsColour(true, { NO_COLOR: '1' })).toBe(false)
  expect(wantsColour(true, { NO_COLOR: '' })).toBe(true)
  expect(wantsColour(false, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true)
  expect(wantsColour(true, { FORCE_COLOR: '0' })).toBe(false)
  expect(wantsColour(true, { TERM: 'dumb' })).toBe(false)
  const marked = render([good('as expected')], { width: 80, colour: true })
  expect(marked).toBe('\u001B[32mas expected\u001B[39m\n')
})
