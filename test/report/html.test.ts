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
import { here, lockstorm, type Ended } from '../setup/cli.ts'

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
    expect(stdout).toMatch(/^- global: .*of the floor(?: \(not steady\))?$/m)
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
      const { code, stdout, stderr } = await here('report', ...line, '-o', at('never.html'))
      expect({ code, stdout, lines: stderr.trim().split('\n').length }).toEqual({
        code: 2,
        stdout: '',
        lines: 1,
      })
    }
    expect(() => readFileSync(at('never.html'))).toThrow('ENOENT')
  })
})

/** A section of a result that is made here, as HTML. */
function shown(result: object): string {
  const section = sectionOf('made.json', result as Result)
  const page = htmlPage({ title: 'made', sections: section === undefined ? [] : [section] })
  expect(nesting(page)).toBe('')
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  return page
}

const spread = (median: number): object => ({
  median,
  low: median * 0.9,
  high: median * 1.1,
  mad: 1,
  confidence: 0.95,
  samples: [median],
})

/** A storm of one strategy and the floor. */
function storm2(more: object, row: object = {}): { readonly schema: string } {
  const plan = { ...(storm1(0) as unknown as { plan: object }).plan, vendors: [{ label: 'none' }], cpus: [8] }
  const latency = { p50: 1e5, p90: 2e5, p99: 3e5, max: 9e5, count: 3, buckets: [[300, 2], [400, 1]] } // prettier-ignore
  const results = ['global', 'floor'].map((strategy) => ({
    strategy,
    vendor: 'none',
    cpus: 8,
    wallMs: spread(strategy === 'floor' ? 5 : 50),
    rounds: [0],
    unsteady: null,
    opsPerSecond: 100,
    ratioToBaseline: 1,
    createNs: latency,
    removeNs: latency,
    inFlight: { mean: 1, max: 1, maxPerParent: 1 },
    ofFloor: { median: 0.1, low: 0.09, high: 0.11, confidence: 0.95 },
    efficiency: null,
    duplicates: { attempted: 0, rejected: 0, warned: 0, admitted: 0 },
    errnos: {},
    invariants: { checked: 1, broken: [] },
    damage: { oopses: 0, leaked: 0, hung: 0 },
    ...row,
  }))
  const env = { node: '22.0.0', cores: 2, cpuModel: 'x', date: '2026-01-01T00:00:00Z', load: { before: 1, after: 2 }, steal: 0 } // prettier-ignore
  const file = {
    schema: 'lockstorm/storm@2',
    plan,
    env,
    results,
    warmUps: [],
    bootMs: 1,
    verdict: 'ok',
    ...more,
  }
  return file
}

describe('sections of results that take long to make', () => {
  test('growth: a line per strategy with its band, unregistration, slopes', () => {
    const interval = (median: number): object => ({
      median,
      low: median * 0.9,
      high: median * 1.2,
      confidence: 0.95,
    })
    const of = (strategy: string, slope: number): object => ({
      strategy,
      points: [128, 1000, 100_000].map((devices) => ({
        devices,
        createNs: interval(1e4 + slope * devices),
        removeNs: interval(1e4),
      })),
      slope: { nsPerDevice: slope, low: slope * 0.9, high: slope * 1.1 },
      ratio: interval(1 + slope),
      unregistrations: [10, 1000].map((children) => ({ children, ms: spread(children / 100) })),
      bursts: [],
      invariants: { checked: 3, broken: [] },
      usedBytes: 2 ** 21,
    })
    const plan = { command: 'storm', phase: 'grow', parents: 8, devices: 12_500, seed: 1 }
    const results = [of('global', 1.5), of('sharded', 0)]
    const page = shown({ schema: 'lockstorm/growth@1', plan, env: { node: '22', cores: 2, cpuModel: 'x', date: '2026-01-01' }, results }) // prettier-ignore
    expect(page).toContain('sharded: 100,000 devices: 10.0 µs')
    expect(page).toContain('A parent is unregistered')
    expect(page).toContain('slope ns/device')
    expect(page).toContain('1.50 (1.35–1.65)')
    expect(page.match(/class="band"/g)?.length).toBe(4)
  })

  test('waits by lock of a pass of their own', () => {
    const lock = (name: string, share: number): object => ({
      lock: name,
      waits: 3,
      totalNs: 1e6,
      maxNs: 1e6,
      share,
    })
    const locks = ['mdev_list_lock', ...Array.from({ length: 9 }, (_, i) => `lock ${i}`)].map((name, i) =>
      lock(name, 0.5 / (i + 1)),
    )
    const waits = [
      { strategy: 'global', vendor: 'none', cpus: 8, rounds: 1, wallMs: 9, locks, sites: [], pairs: [] },
    ]
    const page = shown(storm2({ waits }))
    expect(page).toContain('global, mdev_list_lock: 50 %, 3 waits')
    expect(page).toContain('other locks')
    expect(page).toContain('Who made whom wait')
    expect(page).toContain('held in')
  })

  test('what was not steady is marked, what broke stands first', () => {
    const page = shown(
      storm2({ failure: 'it fell over', verdict: 'broken' }, { unsteady: 'still compiling' }),
    )
    expect(page).toContain('global (not steady)')
    expect(page).toContain('still compiling')
    expect(page).toContain('it fell over')
  })

  test('several runs of one storm are one section', () => {
    const run = storm2({})
    const page = shown({ schema: 'lockstorm/storm-runs@1', plan: {}, runs: [run, run, run], verdict: 'ok' })
    expect(page).toContain('3 runs in processes of their own')
    expect(page.match(/<section /g)?.length).toBe(1)
  })

  test('races with what all interleavings show, and fences', () => {
    const cell = { outcome: 'happens', seenBy: ['oops'], answers: ['oops', 'ok'] }
    const explored = { text: 'oops in execution 673', executions: 700, asExpected: true }
    const result = [{ scenario: 'problem-5', strategy: 'global', axis: 'strategy', cell, expected: cell, asExpected: true, explored, times: 1, same: 1 }] // prettier-ignore
    const page = shown({ schema: 'lockstorm/scenario-matrix@1', result })
    expect(page).toContain('<td class="l w yes">happens (oops)</td>')
    expect(page).toContain('oops in execution 673')
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
