import { expect, test } from 'vitest'
import type { Finding, LockdepOptions } from '#lockstorm/debug/index'
import { devlink, type DevlinkGate } from '#lockstorm/scenarios/lockdep/devlink'
import { shape } from './debug_fixture.ts'

function removeThenModeChange(gate: DevlinkGate, options: LockdepOptions): Promise<Finding[]> {
  return devlink(gate, options)
}

test('remove, then a mode change that never overlaps it: one circular report, as in the mail of 2019', async () => {
  const [report, ...more] = await removeThenModeChange('rwsem', { era: '2019' })
  expect(more).toEqual([])
  expect(shape(report?.text ?? '')).toBe(`
======================================================
WARNING: possible circular locking dependency detected
0.1.0-lockstorm #1 Not tainted
------------------------------------------------------
cpu-1/2 is trying to acquire lock:
ADDR (&parent->unreg_sem){++++}, at: mdev_unregister_device [devlink_bodies]

but task is already holding lock:
ADDR (devlink_mutex){+.+.}, at: devlink_nl_pre_doit [devlink_bodies]

which lock already depends on the new lock.


the existing dependency chain (in reverse order) is:

-> #1 (devlink_mutex){+.+.}:

-> #0 (&parent->unreg_sem){++++}:

other info that might help us debug this:

 Possible unsafe locking scenario:

       CPU0                    CPU1
       ----                    ----
  lock(devlink_mutex);
                               lock(&parent->unreg_sem);
                               lock(devlink_mutex);
  lock(&parent->unreg_sem);

 *** DEADLOCK ***

3 locks held by cpu-1/2:
 #0: ADDR (cb_lock){.+.+}, at: genl_rcv [devlink_bodies]
 #1: ADDR (genl_mutex){+.+.}, at: genl_rcv_msg [devlink_bodies]
 #2: ADDR (devlink_mutex){+.+.}, at: devlink_nl_pre_doit [devlink_bodies]

stack backtrace:
CPU: 1 PID: 2 Comm: cpu-1 Not tainted 0.1.0-lockstorm #1
Call Trace:
 <TASK>
 </TASK>`)
})

test('both chains carry the stack of the task that made them', async () => {
  const [report] = await removeThenModeChange('rwsem', { era: '2019' })
  const stackAfter = (title: string): string[] => {
    const lines = (report?.text ?? '').split('\n')
    const rest = lines.slice(lines.findIndex((line) => line.startsWith(title)) + 1)
    return rest.slice(0, rest.indexOf('')).map((line) => line.trim().split(' ')[0] as string)
  }
  expect(stackAfter('-> #1')).toEqual([
    'mutex_lock_nested',
    'mutex_lock',
    'devlink_unregister',
    'mlx5_sf_unload',
    'mdev_device_remove_common',
    'mdev_device_remove',
    'remove_store',
    'run',
  ])
  expect(stackAfter('-> #0')).toEqual([
    'down_write_nested',
    'down_write',
    'mdev_unregister_device',
    'mlx5_eswitch_disable',
    'genl_rcv_msg',
    'genl_rcv',
    'run',
  ])
})

test('with SRCU in place of the semaphore the lockdep of 2019 stays silent', async () => {
  expect(await removeThenModeChange('srcu', { era: '2019' })).toEqual([])
})

test('with SRCU the lockdep of today reports it: the order is wrong all the same', async () => {
  const [report, ...more] = await removeThenModeChange('srcu', { era: '2023' })
  expect(more).toEqual([])
  expect(report?.title).toBe('possible circular locking dependency detected')
  expect(report?.text).toContain('  sync(&parent->unreg_srcu);\n\n *** DEADLOCK ***')
})

test('2019 with the SRCU edges switched on reports it as well', async () => {
  const [report] = await removeThenModeChange('srcu', { era: '2019', srcuSync: true })
  expect(report?.text).toContain('(&parent->unreg_srcu){.+.+}, at: mdev_unregister_device')
})
