import { afterAll, expect, test } from 'vitest'
import { Crew } from '#lockstorm/explore/crew'
import { lockstorm } from '../setup/cli.ts'

const LIMIT = 120_000
const crew = new Crew(1)
afterAll(() => crew.close())

test.for(['abba', 'naive-mutex', 'srcu-one-drain'])(
  'real workers reproduce the failing schedule of %s',
  { timeout: LIMIT },
  async (model) => {
    const { failure } = await crew.submit({ kind: 'explore', model, options: {} })
    const text = failure?.replay ?? ''
    const report = await crew.submit({ kind: 'witness', model, text, schedules: 0, seed: 1 })
    expect(report).toMatchObject({ outcome: failure?.kind, message: failure?.message })
  },
)

test.for(['toy-mutex-3', 'mutex-timeout', 'rwsem', 'kref', 'completion-timeout', 'no-lock'])(
  '%s: random schedules make the same trace on real workers',
  { timeout: LIMIT },
  async (model) => {
    const report = await crew.submit({ kind: 'witness', model, schedules: 15, seed: 7 })
    expect(report).toMatchObject({ alike: 15, difference: '' })
  },
)

test.for([
  ['spinlock-under-mutex', 'passed', ''],
  ['mutex-timeout', 'passed', ''],
  // Its bodies make locks.
  ['create-create:rwsem', 'passed', ''],
  // A machine with drivers: the report of the mails.
  ['remove-mode-set:rwsem', 'detector report', 'lockdep: possible circular locking dependency detected'],
  ['lockdep-order-unwatched', 'detector report', 'lockdep: possible circular locking dependency detected'],
] as const)(
  '%s under lockdep: real workers report what one thread does',
  { timeout: LIMIT },
  async ([model, outcome, message]) => {
    const job = { kind: 'witness', model, lockdep: true, schedules: 15, seed: 7, text: `${model}@-` } as const
    expect(await crew.submit(job)).toMatchObject({ alike: 15, difference: '', outcome, message })
  },
)

test('from the command line', { timeout: LIMIT }, async () => {
  const { code, stdout } = await lockstorm('explore', 'replay', 'abba@1>1', '--engine', 'threads')
  expect(stdout).toContain('on 2 real workers: deadlock')
  expect(code).toBe(0)
})
