import { afterAll, expect, test } from 'vitest'
import { Crew, runForced, SCENARIOS, scenarioNamed, type Scenario } from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

function named(name: string): Scenario {
  return scenarioNamed(name) as Scenario
}

test('the ladder of problem 5 is that of the mail', async () => {
  const { ladder } = await runForced(crew, named('problem-5'), 'placeholder')
  const text = ladder.join('\n')
  expect(text).toMatch(/^cpu-0 +cpu-1\n-----/)
  const order = [
    'remove_store()',
    'mdev_device_remove()',
    '/* active = false */',
    'mdev_unregister_device()',
    'parent_remove_sysfs_files()',
    '/* module memory is gone */',
    'mdev_device_remove_ops()',
    '/* BUG: Oops */',
  ].map((row) => text.indexOf(row))
  expect(order).toEqual(order.toSorted((a, b) => a - b))
  expect(order[0]).toBeGreaterThan(0)
})

test('the oops of problem 5 has the fields of the one in the mail', async () => {
  const { reports, log } = await runForced(crew, named('problem-5'), 'placeholder')
  const [report] = reports
  expect(report?.detector).toBe('oops')
  const lines = (report?.text ?? '').split('\n')
  expect(lines[0]).toMatch(/^BUG: unable to handle kernel paging request at 0x[0-9a-f]{8}$/)
  expect(lines[1]).toBe('Oops: 0000 [#1] SMP')
  expect(lines[2]).toBe('CPU: 0 PID: 1 Comm: cpu/0')
  expect(lines[3]).toBe('RIP: 0010:mdev_device_remove_ops')
  const trace = lines.slice(lines.indexOf('Call Trace:') + 1).map((line) => line.trim())
  // The kernel's names only, as the mail has them: none of our helpers.
  expect(trace).toEqual([
    'mdev_device_remove_ops',
    'mdev_device_remove',
    'remove_store',
    'sysfs_kf_write',
    'kernfs_fop_write',
    'vfs_write',
  ])
  expect(log.slice(-2)).toEqual(['mtty mtty: MDEV: Unregistering', 'mtty_dev: Unloaded!'])
})

test(
  'twenty runs of a race with three CPUs have the same verdict and the same ladder',
  { timeout: 60_000 },
  async () => {
    const first = await runForced(crew, named('newcomer'), 'rwsem')
    for (let i = 1; i < 20; i++) {
      const { cell, ladder, reports } = await runForced(crew, named('newcomer'), 'rwsem')
      expect({ cell, ladder, reports }).toEqual({
        cell: first.cell,
        ladder: first.ladder,
        reports: first.reports,
      })
    }
  },
)

test('the control is caught: a gate that waits for nobody has problem 4 again', async () => {
  const { cell } = await runForced(crew, named('problem-4-2'), 'busted-gate')
  expect(cell).toEqual({ outcome: 'hangs', seenBy: ['oops', 'hung task'], answers: ['oops', 'hangs'] })
})

test('names of scenarios are unique', () => {
  const names = SCENARIOS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})
