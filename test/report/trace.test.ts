/** Timelines: what viewers ask of them, and what they say of who made whom wait. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { ladderEvents } from '#lockstorm/report/ladder_trace'
import { traceEvents, type Recorded } from '#lockstorm/report/trace_events'
import type { Trace, TraceEvent } from '#lockstorm/results/trace'
import { here } from '../setup/cli.ts'
import { validator } from '../setup/schema.ts'

vi.setConfig({ testTimeout: 120_000 })

const errorsOf = validator('trace-1.schema.json')
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-trace-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

type Slice = Extract<TraceEvent, { ph: 'X' }>
const slices = (events: readonly TraceEvent[]): Slice[] => events.filter((one) => one.ph === 'X')

/** Slices of one CPU that overlap without one lying in the other. */
function crossing(events: readonly TraceEvent[]): string[] {
  const wrong: string[] = []
  for (const a of slices(events)) {
    for (const b of slices(events)) {
      const same = a.pid === b.pid && a.tid === b.tid && a !== b
      const [endA, endB] = [a.ts + a.dur, b.ts + b.dur]
      if (same && a.ts < b.ts - 0.002 && b.ts < endA - 0.002 && endB > endA + 0.002)
        wrong.push(`${a.name}, ${b.name}`)
    }
  }
  return wrong
}

/** Ids of which one end lacks the other, or comes before it. */
function unpaired(events: readonly TraceEvent[], first: 'b' | 's', last: 'e' | 'f'): unknown[] {
  const key = (one: TraceEvent): string => ('id' in one ? `${one.pid} ${one.cat} ${one.id}` : '')
  const begun = new Map(events.filter(({ ph }) => ph === first).map((one) => [key(one), one]))
  const ends = events.filter(({ ph }) => ph === last)
  const wrong = ends.filter((end) => {
    const begin = begun.get(key(end))
    return begin === undefined || ('ts' in begin && 'ts' in end && begin.ts > end.ts)
  })
  return begun.size === ends.length ? wrong : [begun.size, ends.length]
}

async function written(...words: string[]): Promise<Trace> {
  const file = join(folder, 'trace.json')
  const { code, stderr } = await here(...words, '--trace', file)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(readFileSync(file, 'utf8')) as Trace
}

test('two CPUs and one lock: who waited, for whom, and when it was handed over', () => {
  const L = 64
  const at = (kind: Recorded['kind'], ns: number, name = 'mdev_list_lock', lock = L): Recorded => ({
    kind,
    ns,
    name,
    lock,
  })
  const call = (kind: Recorded['kind'], ns: number): Recorded => at(kind, ns, 'mdev_device_create', 0)
  const [event, ...rest] = [
    [call('enters', 1000), at('asks', 2000), at('gets', 2000), at('releases', 9000), call('leaves', 10_000)],
    [
      call('enters', 1500),
      at('asks', 3000),
      at('contends', 3000),
      at('gets', 9500),
      at('releases', 12_000),
      call('leaves', 13_000),
    ],
  ]
  const events = traceEvents([{ name: 'global', cpus: [event ?? [], ...rest] }])
  const waits = slices(events).filter(({ cat }) => cat === 'wait')
  expect(waits).toEqual([
    {
      ph: 'X',
      pid: 1,
      tid: 1,
      cat: 'wait',
      name: 'waits for mdev_list_lock',
      ts: 2,
      dur: 6.5,
      args: { holder: 'cpu-0' },
    },
  ])
  expect(events.filter(({ ph }) => ph === 's' || ph === 'f')).toMatchObject([
    { ph: 's', tid: 0, ts: 8 },
    { ph: 'f', tid: 1, ts: 8.5 },
  ])
  const flights = events.flatMap((one) => (one.ph === 'C' ? [one.args['creates']] : []))
  expect(flights).toEqual([1, 2, 1, 0])
})

test('a lock that was not got is waited for and not held; calls that a throw has left are closed', () => {
  const events = traceEvents([
    {
      name: 'x',
      cpus: [
        [
          { kind: 'enters', ns: 1000, name: 'outer', lock: 0 },
          { kind: 'enters', ns: 1100, name: 'thrower', lock: 0 },
          { kind: 'asks', ns: 1200, name: 'a', lock: 8 },
          { kind: 'contends', ns: 1300, name: 'a', lock: 8 },
          { kind: 'releases', ns: 1400, name: 'a', lock: 8 },
          { kind: 'leaves', ns: 2000, name: 'outer', lock: 0 },
          { kind: 'enters', ns: 2100, name: 'cut off', lock: 0 },
        ],
      ],
    },
  ])
  expect(slices(events).map(({ name, dur }) => [name, dur])).toEqual([
    ['outer', 1],
    ['thrower', 0.9],
    ['cut off', 0],
    ['waits for a', 0.1],
  ])
  expect(events.some(({ ph }) => ph === 'b')).toBe(false)
})

describe('real runs', () => {
  test('a storm: valid, nested, paired, every CPU named, mdev_list_lock waited for under global only', async () => {
    const words =
      'storm --strategies global,placeholder --vendor sleep:1ms --cpus 2 --parents 2 --devices 3 --warmup 1 --rounds 1'
    const trace = await written(...words.split(' '))
    const { traceEvents: events } = trace
    expect(errorsOf(trace)).toEqual([])
    expect(crossing(events)).toEqual([])
    expect(unpaired(events, 'b', 'e')).toEqual([])
    expect(unpaired(events, 's', 'f')).toEqual([])
    const names = events.flatMap((one) => (one.ph === 'M' && one.name === 'process_name' ? [one.args] : []))
    expect(names).toEqual([
      { name: 'global, vendor sleep:1ms, 2 CPUs' },
      { name: 'placeholder, vendor sleep:1ms, 2 CPUs' },
    ])
    const waits = slices(events).filter(({ name }) => name === 'waits for mdev_list_lock')
    expect(waits.filter(({ pid }) => pid === 1).length).toBeGreaterThan(0)
    const total = (pid: number): number =>
      waits.filter((one) => one.pid === pid).reduce((sum, { dur }) => sum + dur, 0)
    expect(total(1)).toBeGreaterThan(total(2))
    const creates = slices(events).filter(({ name }) => name === 'mdev_device_create')
    expect(creates.length).toBe(12)
    const last = new Map(events.flatMap((one) => (one.ph === 'C' ? [[one.pid, one.args['creates']]] : [])))
    expect([...last.values()]).toEqual([0, 0])
  })

  test('a ladder of the explorer, and one of a race', async () => {
    const explored = await written('explore', 'abba', '--jobs', '1')
    expect(errorsOf(explored)).toEqual([])
    expect(crossing(explored.traceEvents)).toEqual([])
    expect(slices(explored.traceEvents).map(({ tid }) => tid)).toContain(1)
    const race = await written('scenario', 'problem-5', '--strategy', 'placeholder')
    expect(errorsOf(race)).toEqual([])
    expect(crossing(race.traceEvents)).toEqual([])
  })

  test('nothing failed: nothing is written, and that is said', async () => {
    const file = join(folder, 'none.json')
    const { code, stderr } = await here('explore', 'mutex', '--jobs', '1', '--trace', file)
    expect(code).toBe(0)
    expect(stderr).toContain('nothing has failed')
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

test('steps of a ladder last as long as those that are nested in them', () => {
  const lines = [
    'cpu-0           cpu-1',
    '-----           -----',
    'a(',
    '  b',
    '                c',
    '  d',
    'e',
    '',
    'prose',
  ]
  const found = slices(ladderEvents([{ name: 'x', lines }])).map(({ name, tid, ts, dur }) => [
    name,
    tid,
    ts,
    dur,
  ])
  expect(found).toEqual([
    ['a(', 0, 0, 4000],
    ['b', 0, 1000, 1000],
    ['c', 1, 2000, 1000],
    ['d', 0, 3000, 1000],
    ['e', 0, 4000, 1000],
  ])
})
