import { afterAll, expect, test } from 'vitest'
import type { LockdepOptions } from '#lockstorm/debug/index'
import { Crew, runForced, scenarioNamed, type Scenario } from '#lockstorm/scenarios/index'

const crew = new Crew(true)

afterAll(() => crew.abandon())

async function reportOf(name: string, strategy: string, lockdep?: LockdepOptions): Promise<string> {
  const { reports } = await runForced(crew, scenarioNamed(name) as Scenario, strategy, lockdep)
  return reports.find(({ detector }) => detector === 'lockdep')?.text ?? ''
}

/** Functions of one chain, innermost first. */
function chain(report: string, title: string): string[] {
  const lines = report.split('\n')
  const rest = lines.slice(lines.findIndex((line) => line.startsWith(title)) + 1)
  return rest.slice(0, rest.indexOf('')).map((line) => line.trim().split(' ')[0] as string)
}

/** Without lockdep's own functions and system calls, which are not here; what the mail has beside them is in docs/devlink.md. */
const REMOVE = [
  'mutex_lock_nested',
  'mutex_lock',
  'devlink_unregister',
  'mlx5_sf_unload',
  'mdev_remove',
  '__device_release_driver',
  'device_release_driver_internal',
  'device_release_driver',
  'bus_remove_device',
  'device_del',
  'mdev_device_remove_common',
  'mdev_device_remove',
  'remove_store',
  'sysfs_kf_write',
  'kernfs_fop_write',
  'vfs_write',
]
const MODE_SET = [
  'down_write_nested',
  'down_write',
  'mdev_unregister_device',
  'esw_offloads_disable',
  'mlx5_eswitch_disable',
  'mlx5_devlink_eswitch_mode_set',
  'devlink_nl_cmd_eswitch_set_doit',
  'genl_family_rcv_msg',
  'genl_rcv_msg',
  'genl_rcv',
]

test('the report has the lines of the mail', async () => {
  const report = await reportOf('devlink-order-2019', 'rwsem')
  const shape = report.replaceAll(/[0-9a-f]{16}/g, 'ADDR')
  for (const text of [
    'WARNING: possible circular locking dependency detected\n',
    'is trying to acquire lock:\nADDR (&parent->unreg_sem){++++}, at: mdev_unregister_device [mdev]\n',
    'but task is already holding lock:\nADDR (devlink_mutex){+.+.}, at: devlink_nl_pre_doit',
    'which lock already depends on the new lock.\n',
    'the existing dependency chain (in reverse order) is:\n\n-> #1 (devlink_mutex){+.+.}:',
    '-> #0 (&parent->unreg_sem){++++}:',
    ' Possible unsafe locking scenario:\n\n       CPU0                    CPU1\n',
    [
      '  lock(devlink_mutex);',
      '                               lock(&parent->unreg_sem);',
      '                               lock(devlink_mutex);',
      '  lock(&parent->unreg_sem);',
      '',
      ' *** DEADLOCK ***',
    ].join('\n'),
    '3 locks held by',
    ' #0: ADDR (cb_lock){++++}, at: genl_rcv',
    ' #1: ADDR (genl_mutex){+.+.}, at: genl_rcv_msg',
    ' #2: ADDR (devlink_mutex){+.+.}, at: devlink_nl_pre_doit',
  ]) {
    expect(shape).toContain(text)
  }
})

test('both chains have the functions of the mail, in its order, and none that no kernel has', async () => {
  const report = await reportOf('devlink-order-2019', 'rwsem')
  expect(chain(report, '-> #1')).toEqual(REMOVE)
  expect(chain(report, '-> #0')).toEqual(MODE_SET)
})

test('with SRCU in place of the semaphore the lockdep of 2019 stays silent', async () => {
  expect(await reportOf('devlink-order', 'srcu', { era: '2019' })).toBe('')
})

test('2019 with the edges of SRCU switched on reports it as well', async () => {
  expect(await reportOf('devlink-order', 'srcu', { era: '2019', srcuSync: true })).toContain(
    '(&parent->unreg_srcu){.+.+}, at: mdev_unregister_device',
  )
})

test('today lockdep names the grace period', async () => {
  expect(await reportOf('devlink-order', 'srcu')).toContain(
    '  sync(&parent->unreg_srcu);\n\n *** DEADLOCK ***',
  )
})

test('with a driver that create binds, even the lockdep of 2019 reports SRCU: for the file', async () => {
  expect(await reportOf('devlink-order-probed-2019', 'srcu')).toContain(
    '(kn->active#mdev_type.create){++++}, at:',
  )
})

test('the hang under SRCU names both waiters', async () => {
  const { reports } = await runForced(crew, scenarioNamed('devlink-deadlock-2019') as Scenario, 'srcu')
  const text = reports.map((one) => one.text).join('\n')
  expect(text).toContain('devlink_mutex')
  expect(text).toMatch(/srcu/)
})
