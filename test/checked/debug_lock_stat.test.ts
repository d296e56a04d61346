import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Addr } from '#lockstorm/base/addr'
import { lock_stat_clear, lock_stat_init, LockStat, lockStats } from '#lockstorm/debug/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'
import { installObserver, removeObserver } from '#lockstorm/trace/observers'
import { bodyModule } from '../setup/bodies.ts'

let observer: LockStat
let sem: Addr<'rw_semaphore'>
let sab: SharedArrayBuffer

beforeEach(() => {
  sab = createArena(1 << 22, 4)
  lock_stat_init({ maxClasses: 64 })
  observer = new LockStat()
  installObserver(observer)
  sem = alloc_boot(sync.rw_semaphore.words) as Addr<'rw_semaphore'>
  sync.init_rwsem(sem, '&parent->unreg_sem')
})
afterEach(() => {
  removeObserver(observer)
})

function use(reads: number, writes: number): void {
  for (let i = 0; i < reads; i++) {
    sync.down_read(sem)
    sync.up_read(sem)
  }
  for (let i = 0; i < writes; i++) {
    sync.down_write(sem)
    sync.up_write(sem)
  }
}

test('acquisitions are counted exactly, readers and writers apart; nobody waited', () => {
  use(300, 20)
  const [row, ...more] = lockStats()
  expect(more).toEqual([])
  expect(row?.name).toBe('&parent->unreg_sem')
  expect(row?.read.hold.nr).toBe(300)
  expect(row?.write.hold.nr).toBe(20)
  expect(row?.read.wait.nr).toBe(0)
  expect(row?.write.acqBounces).toBe(0)
  expect(row?.read.acqBounces).toBe(1)
  expect(row?.write.hold.min).toBeGreaterThan(0)
  expect(row?.contentionPoints).toEqual([])
})

test('a downgrade ends the writer and begins a reader', () => {
  sync.down_write(sem)
  sync.downgrade_write(sem)
  sync.up_read(sem)
  const [row] = lockStats()
  expect([row?.write.hold.nr, row?.read.hold.nr]).toEqual([1, 1])
})

test('writing 0 to the file forgets the counters', () => {
  use(3, 3)
  lock_stat_clear()
  expect(lockStats()).toEqual([])
})

test.for([[['lock_stat'] as const], [['lock_stat', 'lockdep'] as const]])(
  'waiting is counted with the place of the waiter and of the holder, %j',
  async ([detectors]) => {
    const arg = { lock: alloc_boot(sync.mutex.words), arrived: alloc_boot(1), detectors }
    const common = { sab, module: bodyModule('debug_contend'), arg, checked: true }
    await runBodies({ ...common, cpus: 1, body: 'init' })
    await runBodies({ ...common, cpus: 3, body: 'contend' })
    const row = lockStats().find(({ name }) => name === 'mdev_list_lock')
    expect(row?.write.hold.nr).toBe(3)
    expect(row?.write.wait.nr).toBe(2)
    expect(row?.write.wait.total).toBeGreaterThan(0)
    expect(row?.write.acqBounces).toBe(3)
    expect(row?.write.conBounces).toBe(2)
    expect(row?.contentionPoints).toEqual([{ symbol: 'mdev_device_remove [debug_contend]', count: 2 }])
    expect(row?.contendingPoints[0]).toEqual({ symbol: 'mdev_device_create [debug_contend]', count: 2 })
  },
)
