import { expect, test } from 'vitest'
import { lockingSelftest, type Kind } from '#lockstorm/selftest/index'
import { furtherLocks } from '#lockstorm/selftest/locks'
import { runSelftest } from '#lockstorm/selftest/selftest'
import { locks, type Lock } from '#lockstorm/sync/members/index'

test('every scenario of the locking self-test ends as it must, on tracepoints alone', () => {
  const { text, failed, passed } = lockingSelftest()
  expect(text).toContain('A-B-C-D-B-C-D-A deadlock:  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |')
  expect(text.split('\n').at(-2)).toBe(`Good, all ${passed} testcases passed! |`)
  expect(failed).toBe(0)
  expect(passed).toBe(168)
})

test('every scenario ends so with the real locks, which are stopped before they would hang', () => {
  const { cells, text } = runSelftest(false)
  expect(cells.filter(({ expected, found }) => expected !== found)).toEqual([])
  expect(text).toContain('                          context:  ok  |  ok  |  ok  |')
})

test('the control: locks that tell the validator nothing fail the self-test', () => {
  const mute: Kind = { create: () => 0, run: () => undefined }
  const { failed, text } = lockingSelftest({
    kinds: { spin: mute, rwlock: mute, qrwlock: mute, mutex: mute, rwsem: mute },
  })
  expect(failed).toBeGreaterThan(100)
  expect(text).toContain('FAILED')
  expect(text).toContain(`BUG: ${failed} unexpected failures (out of 168) - debugging disabled!`)
})

test('and so does a further lock that tells it nothing: it is not taken twice', () => {
  const mute = { ...(locks[0] as Lock), name: 'mute', lock: () => {}, unlock: () => {} }
  const { cells } = lockingSelftest({ extra: [furtherLocks([mute])] })
  const its = cells.filter(({ scenario }) => scenario === 'mute')
  expect(its.map(({ expected, found }) => `${expected} ${found}`)).toEqual([
    ...Array.from({ length: 4 }, () => 'report silent'),
    'silent silent',
    'silent silent',
  ])
})
