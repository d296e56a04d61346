/** Every command ends on a signal, at whatever moment it comes: with what there is, and 130. */
import { expect, test, vi } from 'vitest'
import { interruptedAtOnce } from '../setup/cli.ts'

vi.setConfig({ testTimeout: 180_000 })

/** One line of each command, and of each kind of run that a command has. All of them would take longer than a test. */
const LINES = [
  'storm --duration 60s --workload unplug --cpus 2',
  'storm --duration 60s --workload vfio',
  'storm',
  'scenario --matrix',
  'scenario same-uuid --repeat 5000',
  'scenario same-uuid --stress 5000',
  'explore mutex-3 --search dpor --duration 1h',
  'explore matrix',
  'explore replay abba@1>1 --repeat 1000000',
  'explore witness all',
  'explore fuzz',
  'explore rates',
  'torture all --duration 1h',
  'torture lock_busted --duration 1h',
  'torture mutex_lock --duration 1h --lockdep',
  'bench',
  'bench --lock-stat',
  'conformance',
  'litmus --duration 1h',
  'lockdep devlink',
  'selftest',
  'shell',
  'playground',
]

test.each(LINES)('SIGINT as soon as it listens: %s', async (line) => {
  const { code, stdout, stderr } = await interruptedAtOnce('SIGINT', ...line.split(' '))
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining('lockstorm: interrupted') })
  expect(stdout).not.toContain('FAILURE')
  expect(stdout).not.toContain('NOT AS EXPECTED')
})

test.each(['torture mutex_lock --duration 1h --lockdep', 'selftest', 'conformance'])(
  'SIGTERM, to the process alone that was started: %s',
  async (line) => {
    const { code } = await interruptedAtOnce('SIGTERM', ...line.split(' '))
    expect(code).toBe(130)
  },
)
