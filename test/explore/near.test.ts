/** Near what a torture has seen: from the last events of its threads to guides, and what the explorer makes of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import type { Lock } from '#lockstorm/define/lock'
import { exploreNear } from '#lockstorm/explore/helper/explore_sync'
import { guidesFor } from '#lockstorm/explore/near'
import { lockPrograms } from '#lockstorm/explore/own_lock'
import { eventBytes, eventLines, freeze, Recorder } from '#lockstorm/torture/own/events'
import { eventOf, eventText, WHATS, type OwnEvent } from '#lockstorm/results/own_events'
import { here, lockstorm } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 120_000 })
const folder = mkdtempSync(join(tmpdir(), 'lockstorm-near-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

const FILE = new URL('../../examples/lost_wakeup.js', import.meta.url)
const { default: forgetful } = (await import(FILE.href)) as { default: Lock }

/** Thread 7 has the lock, 3 and 5 sleep; 3 is woken, takes it as HELD, and 5 is forgotten. */
const EVENTS = [
  ['7 lock', '7 compareExchange 0 0'],
  ['3 lock', '3 compareExchange 0 1', '3 compareExchange 0 1', '3 wait 0 2'],
  ['5 lock', '5 compareExchange 0 2', '5 compareExchange 0 2', '5 wait 0 2'],
  ['7 unlock', '7 exchange 0 2', '7 notify 0 1'],
  ['3 woken 0 0', '3 compareExchange 0 0', '3 unlock', '3 exchange 0 1'],
].flat()
const events = EVENTS.map((line) => eventOf(line) as OwnEvent)
const three = lockPrograms(forgetful).at(-1)!
const near = (guides: readonly (readonly number[])[]): ReturnType<typeof exploreNear> =>
  exploreNear(three.program, guides, 500)

test('a line is an event, and what is none is told from it', () => {
  expect(events.map(eventText)).toEqual(EVENTS)
  for (const line of ['7 jump 0 1', '7 lock 0 1', '7 exchange', 'lock', '', 7, null])
    expect(eventOf(line)).toBeUndefined()
})

test('the guide is the order of the threads, and its first schedule fails', () => {
  const guides = guidesFor(events, three.does)
  // By the thread that did something last: 3, 7, 5.
  expect(guides[0]?.join('')).toBe('100022211000')
  expect(near(guides)).toMatchObject({
    verdict: 'fails',
    failure: { kind: 'lost wake-up', search: 'near', at: 1 },
  })
})

test('a guide from which there is nothing to learn needs more of them, and none is a proof', () => {
  const far = near([[0, 0, 1, 1, 2, 2]])
  expect(far.failure?.at).toBeGreaterThan(1)
  const right = { ...forgetful, name: 'right', lock: rightLock }
  const verdict = exploreNear(lockPrograms(right).at(-1)!.program, guidesFor(events, three.does), 500)
  expect(verdict).toMatchObject({ verdict: 'passed', coverage: [{ search: 'near', exhausted: false }] })
})

test('threads that took the lock in another way stand for no body', () => {
  expect(
    guidesFor(events, [
      { call: 'lock', rounds: 1 },
      { call: 'lockShared', rounds: 1 },
    ]),
  ).toEqual([])
  expect(guidesFor(events.slice(0, 2), three.does)).toEqual([])
})

function rightLock(view: Int32Array): void {
  let was = Atomics.compareExchange(view, 0, 0, 1)
  while (was !== 0) {
    if (was === 2 || Atomics.compareExchange(view, 0, 1, 2) !== 0) Atomics.wait(view, 0, 2)
    was = Atomics.compareExchange(view, 0, 0, 2)
  }
}

test('what is kept of threads: their order, no round again that nobody has disturbed, nothing after a failure', () => {
  const words = new Int32Array(new SharedArrayBuffer(eventBytes(2)))
  const threads = [new Recorder(words, 0), new Recorder(words, 1)]
  const round = (thread: number): void => {
    threads[thread]!.calls(WHATS.indexOf('lock'), true)
    threads[thread]!.did(WHATS.indexOf('exchange'), 0, 0)
    threads[thread]!.calls(WHATS.indexOf('unlock'), false)
    threads[thread]!.did(WHATS.indexOf('store'), 0, 0)
  }
  const once = (thread: number): string[] =>
    ['lock', 'exchange 0 0', 'unlock', 'store 0 0'].map((what) => `${thread} ${what}`)
  for (let i = 0; i < 100; i++) round(0)
  expect(eventLines(words, 2).length).toBeLessThanOrEqual(12)
  threads[1]!.did(WHATS.indexOf('wait'), 0, 2)
  round(0)
  for (let i = 0; i < 100; i++) threads[1]!.did(WHATS.indexOf('load'), 0, 5)
  const lines = eventLines(words, 2)
  expect(lines.slice(lines.indexOf('1 wait 0 2'))).toEqual([
    '1 wait 0 2',
    ...once(0),
    '1 load 0 5',
    '1 load 0 5',
  ])
  freeze(words)
  round(1)
  expect(eventLines(words, 2)).toEqual(lines)
})

function report(events: readonly unknown[] | undefined, type = 'forgetful'): string {
  const file = join(folder, `${Math.random()}.json`)
  writeFileSync(file, JSON.stringify({ schema: 'lockstorm/torture@1', results: [{ type, events }] }))
  return file
}

test('explore --near: the failure is found at once, and what holds is searched as without it', async () => {
  const found = await lockstorm(
    'explore',
    './examples/lost_wakeup.js',
    '--jobs',
    '1',
    '--near',
    report(EVENTS),
  )
  expect(found.code).toBe(1)
  expect(found.stdout).toMatch(/^forgetful-3: lost wake-up in execution 1 of near; replay 'forgetful-3@/m)
  expect(found.stdout).toMatch(/^near .*: forgetful fails, 1 execution of 1 program$/m)
  const file = join(folder, 'right.mjs')
  writeFileSync(
    file,
    `const lock = ${rightLock.toString()}
export default { name: 'forgetful', words: 1, lock,
  unlock(view) { if (Atomics.exchange(view, 0, 0) === 2) Atomics.notify(view, 0, 1) } }`,
  )
  // A number of executions, since what a time is enough for is the machine's business.
  const args = ['explore', file, '--search', 'dpor', '--executions', '500']
  const plain = await lockstorm(...args)
  const right = await lockstorm(...args, '--near', report(EVENTS))
  const verdicts = (text: string): string[] => text.match(/^forgetful-\d: no failure in .*/gm) ?? []
  expect(right.code).toBe(0)
  expect(right.stdout).toMatch(/^near .*: no failure, \d+ executions of 2 programs$/m)
  expect(verdicts(right.stdout)).toEqual(verdicts(plain.stdout))
  expect(verdicts(plain.stdout)).toHaveLength(2)
})

function written(text: string): string {
  const file = join(folder, `${Math.random()}.json`)
  writeFileSync(file, text)
  return file
}

test.each([
  [
    'another lock',
    () => report(EVENTS, 'other'),
    /it is about other, and the file brings forgetful; wanted the report of/,
  ],
  [
    'no events',
    () => report(undefined),
    /no events of forgetful: its test has not failed, or an older version wrote it/,
  ],
  ['too few events', () => report(['1 lock']), /too little of the lock for any program of it/],
  ['wrong events', () => report(['1 lick']), /its event "1 lick" is not of the form '2 exchange 0 1'/],
  ['another schema', () => written('{"schema":"lockstorm/storm@1"}'), /it is a lockstorm\/storm@1; wanted/],
  ['no results', () => written('{"schema":"lockstorm/torture@1"}'), /it has no results; wanted/],
  [
    'no JSON',
    () => written('{'),
    /it is no JSON: .*; wanted the report of a torture of this file that has failed/,
  ],
  [
    'no file',
    () => join(folder, 'none.json'),
    /--near .*none\.json: wanted a file that can be read, but ENOENT/,
  ],
])('a report that does not fit is refused in a line: %s', async (_, made, text) => {
  const { code, stdout, stderr } = await here('explore', './examples/lost_wakeup.js', '--near', made())
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(text)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

test('models have no such report', async () => {
  const { code, stderr } = await here('explore', 'mutex', '--near', report(EVENTS))
  expect(code).toBe(2)
  expect(stderr).toMatch(/--near is for a lock of your own, not for models/)
})
