/** Pages: whole, offline, small, and with everything in them that a reader looks for. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { linear, logarithmic, place } from '#lockstorm/report/html/chart'
import { drawn } from '#lockstorm/report/html/draw'
import { htmlPage } from '#lockstorm/report/html/html'
import { markdownPage } from '#lockstorm/report/html/markdown'
import { sectionOf, type Result } from '#lockstorm/report/html/sections'
import { storm1 } from '../compare/recorded.ts'
import { lockstorm, type Ended } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 })

const folder = mkdtempSync(join(tmpdir(), 'lockstorm-page-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})
const at = (name: string): string => join(folder, name)

const VOID = new Set(['meta', 'br', 'path'])

/** What is wrong with the nesting of the elements of a page; '' if nothing is. */
function nesting(page: string): string {
  const open: string[] = []
  const body = page.replace(/<(style|script)>.*?<\/\1>/gs, '<$1></$1>').replace('<!doctype html>', '')
  for (const [, close, name = '', self] of body.matchAll(/<(\/?)([a-z]\w*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === '/' || (VOID.has(name) && close === '' && name !== 'path')) continue
    if (close === '') open.push(name)
    else if (open.pop() !== name) return `</${name}> closes nothing`
  }
  const stray = body.replace(/<\/?[a-z]\w*(?:\s[^<>]*?)?\/?>/g, '').match(/[<>]/)
  return stray === null ? open.join() : 'a bare < or >'
}

/** Everything that a browser would load. */
const loads = (page: string): string[] =>
  page.match(/(?:src|href)=["'](?!#)[^"']*|url\([^)]*\)|@import|<link|<img|<iframe|https?:\/\/[^\s"'<]*/g) ??
  []

describe('a page of real results', () => {
  let page = ''
  let written: Ended
  beforeAll(async () => {
    const sized = '--parents 2 --devices 2 --warmup 1 --rounds 3 --vendor none,sleep:100us'.split(' ')
    const small = ['storm', ...sized, '--cpus', '2']
    const runs = [
      [...small, '--strategies', 'global,placeholder', '--lock-stat', '--json', at('storm.json')],
      ['storm', ...sized, '--cpus', '1,2,3', '--strategies', 'global,srcu', '--json', at('sweep.json')],
      [...small, '--strategies', 'global', '--trace', at('trace.json')],
      ['scenario', 'problem-5', '--strategies', 'global,placeholder', '--json', at('race.json')],
      ['explore', 'abba', '--jobs', '1', '--json', at('explore.json')],
      ['litmus', 'SB+plain', '--rounds', '64', '--json', at('litmus.json')],
    ]
    for (const words of runs) await lockstorm(...words)
    const files = ['storm', 'sweep', 'trace', 'race', 'explore', 'litmus'].map((name) => at(`${name}.json`))
    written = await lockstorm('report', ...files, '-o', at('page.html'), '--title', 'A < B')
    page = readFileSync(at('page.html'), 'utf8')
  })

  test('is written, and that is said', () => {
    expect(written).toMatchObject({ code: 0, stderr: '' })
    expect(written.stdout).toMatch(/page\.html: 6 sections, \d+ KB/)
  })

  test('is well-formed, loads nothing, forbids loading, and is small', () => {
    expect(nesting(page)).toBe('')
    expect(loads(page)).toEqual([])
    expect(page).toContain("default-src 'none'")
    expect(page.length).toBeLessThan(300_000)
    expect(page).not.toContain('\u001B')
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  })

  test('each section has its machine, its command and its figures', () => {
    const sections = page.split('<section ').slice(1)
    expect(sections.length).toBe(6)
    for (const one of sections) {
      expect(one).toMatch(/<p class="source">lockstorm (storm|scenario|explore|litmus) /)
      expect(one).toMatch(/Node \d+\.\d+\.\d+ · \d+ cores of /)
    }
    const [storm = '', sweep = '', trace = '', race = '', explore = '', litmus = ''] = sections
    expect(storm).toContain('Wall time, vendor sleep:100us')
    expect(storm).toContain('How long one create took')
    expect(storm).toContain('Waiting by lock, of lock_stat')
    expect(sweep).toContain('Scaling, vendor none')
    expect(sweep).toMatch(/<g class="floor"><path class="band"/)
    expect(trace).toContain('waits for a lock')
    expect(trace).toContain('cpu-1')
    expect(race).toContain('problem-5 under placeholder')
    expect(explore).toContain('toy_lock')
    expect(litmus).toContain('forbidden outcomes seen')
  })

  test('ladders are whole without the script, which only hides', () => {
    const plain = page.replace(/<script>.*<\/script>/s, '')
    expect(plain).toContain('class="walk" hidden')
    expect(plain.match(/<div data-i/g)?.length).toBeGreaterThan(10)
    expect(page.match(/<script>/g)?.length).toBe(1)
  })

  test('the same results as Markdown: tables, no HTML', async () => {
    const { code, stdout } = await lockstorm('report', at('storm.json'), at('explore.json'), '--format', 'md')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^## A storm: 4 devices/m)
    expect(stdout).toMatch(/^\| strategy \| n \| wall ms /m)
    expect(stdout).toMatch(/^- global: .*of the floor$/m)
    expect(stdout).not.toMatch(/<\w+ class/)
  })
})

describe('old and hostile files', () => {
  test('a storm of version 1', () => {
    const latency = { p50: 1e5, p90: 2e5, p99: 3e5, max: 9e5, count: 400 }
    const old = storm1(0) as unknown as { readonly results: readonly object[] }
    const more = {
      createNs: latency,
      removeNs: latency,
      inFlight: { mean: 1, max: 1, maxPerParent: 1 },
      duplicates: { attempted: 0, rejected: 0, warned: 0, admitted: 0 },
      errnos: {},
      damage: { oopses: 0, leaked: 0, hung: 0 },
      opsPerSecond: 1000,
      ratioToBaseline: 1,
      efficiency: null,
    }
    const wall = { median: 5, low: 4, high: 6, mad: 1, confidence: 0.95, samples: [4, 5, 6] }
    const results = old.results.map((row) => ({ ...row, ...more, wallMs: wall }))
    const section = sectionOf('old.json', { ...old, results } as unknown as Result)
    expect(section?.source.schema).toBe('lockstorm/storm@1')
    const page = htmlPage({ title: 'old', sections: section === undefined ? [] : [section] })
    expect(nesting(page)).toBe('')
    expect(page).toContain('Wall time, vendor none')
  })

  test('texts in results are texts', () => {
    const evil = '<script>alert(1)</script><img src=x onerror=alert(1)>'
    const failure = {
      kind: 'deadlock',
      replay: evil,
      ladder: ['cpu-0     cpu-1', '-----     -----', evil, `          ${evil}`, '', evil],
    }
    const result = [
      { model: evil, summary: evil, verdict: 'fails', expect: 'deadlock', ok: true, coverage: [], failure },
    ]
    const section = sectionOf(evil, { schema: 'lockstorm/explore-run@1', result, command: evil } as Result)
    const page = htmlPage({ title: evil, sections: section === undefined ? [] : [section] })
    expect(nesting(page)).toBe('')
    expect(page).not.toContain('<img')
    expect(page.match(/<script>/g)?.length).toBe(1)
  })

  test('of other schemas nothing is shown, and files that are not whole are refused', async () => {
    expect(sectionOf('x', { schema: 'lockstorm/torture-list@1' })).toBeUndefined()
    const file = (name: string, result: object): string => {
      writeFileSync(at(name), JSON.stringify(result))
      return at(name)
    }
    const lines = [
      [],
      [at('none.json')],
      [file('a.json', { schema: 'other' })],
      [file('b.json', { schema: 'lockstorm/torture-list@1' })],
      [file('c.json', { schema: 'lockstorm/unplug@1' })],
      [file('d.json', { schema: 'lockstorm/storm@2', results: [] })],
    ]
    for (const line of lines) {
      const { code, stdout, stderr } = await lockstorm('report', ...line, '-o', at('never.html'))
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        code: 2,
        stdout: '',
        lines: 1,
      })
    }
    expect(() => readFileSync(at('never.html'))).toThrow('ENOENT')
  })
})

describe('charts', () => {
  test('scales', () => {
    const axis = linear('ms', [3, 87], String)
    expect(axis.ticks.map(({ at: value }) => value)).toEqual([0, 20, 40, 60, 80, 100])
    expect(place(axis, 25)).toBe(0.25)
    const log = logarithmic('ns', [10, 100_000], String)
    expect(place(log, Math.sqrt(log.low * log.high))).toBeCloseTo(0.5, 6)
    expect(log.ticks.length).toBeGreaterThan(3)
    for (const nothing of [linear('', [], String), logarithmic('', [], String)])
      expect(place(nothing, 1)).not.toBeNaN()
  })

  test('what is equal, alone or nothing is drawn too', () => {
    const row = { name: 'a', at: 5, low: 5, high: 5, tip: 'five' }
    const x = linear('ms', [5], String)
    expect(drawn({ kind: 'dots', title: 't', x, rows: [row] })).not.toContain('NaN')
    expect(drawn({ kind: 'bars', title: 't', x, parts: [], rows: [{ name: 'a', parts: [] }] })).not.toContain(
      'NaN',
    )
    expect(drawn({ kind: 'spans', title: 't', x, kinds: [], lanes: [] })).not.toContain('NaN')
    expect(
      drawn({ kind: 'lines', title: 't', x, y: x, lines: [{ name: 'a', points: [[1, 1]] }] }),
    ).not.toContain('NaN')
  })
})

test('Markdown escapes what would break a table', () => {
  const parts = [{ head: ['a|b'], rows: [['c|d\ne']] }]
  const page = markdownPage({
    title: 't',
    sections: [{ title: 's', parts, source: { file: 'f', schema: 'x' } }],
  })
  expect(page).toContain('| a\\|b |')
  expect(page).toContain('| c\\|d e |')
})
