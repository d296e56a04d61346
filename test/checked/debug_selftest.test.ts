import { expect, test } from 'vitest'
import { lockingSelftest, type Kind, type LockKinds } from '#lockstorm/debug/index'
import type { Addr } from '#lockstorm/base/addr'
import { alloc_boot } from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'

type Ops<S extends string> = Readonly<
  Record<'lock' | 'unlock' | 'read' | 'readUnlock', (lock: Addr<S>) => void>
> & { readonly init: (lock: Addr<S>, name: string) => void }

/** Real locks of src/sync behind the steps. */
function real<S extends string>(words: number, ops: Ops<S>): Kind {
  return {
    create(name) {
      const lock = alloc_boot(words) as Addr<S>
      ops.init(lock, name)
      return lock
    },
    run(action, address, name) {
      const lock = address as Addr<S>
      if (action === 'init') ops.init(lock, name)
      else if (action === 'lock' || action === 'write') ops.lock(lock)
      else if (action === 'unlock' || action === 'write unlock') ops.unlock(lock)
      else if (action === 'read') ops.read(lock)
      else ops.readUnlock(lock)
    },
  }
}

const none = (): never => {
  throw new Error('has no readers')
}
const REAL: Partial<LockKinds> = {
  spin: real<'spinlock'>(sync.spinlock.words, {
    init: sync.spin_lock_init,
    lock: sync.spin_lock,
    unlock: sync.spin_unlock,
    read: none,
    readUnlock: none,
  }),
  mutex: real<'mutex'>(sync.mutex.words, {
    init: sync.mutex_init,
    lock: sync.mutex_lock,
    unlock: sync.mutex_unlock,
    read: none,
    readUnlock: none,
  }),
  rwsem: real<'rw_semaphore'>(sync.rw_semaphore.words, {
    init: sync.init_rwsem,
    lock: sync.down_write,
    unlock: sync.up_write,
    read: sync.down_read,
    readUnlock: sync.up_read,
  }),
}

test('every scenario of the locking self-test ends as it must, on tracepoints alone', () => {
  const { text, failed, passed } = lockingSelftest()
  expect(text).toContain('A-B-C-D-B-C-D-A deadlock:  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |  ok  |')
  expect(text.split('\n').at(-2)).toBe(`Good, all ${passed} testcases passed! |`)
  expect(failed).toBe(0)
  expect(passed).toBe(168)
})

test('every scenario ends so with the real locks, which are stopped before they would hang', () => {
  expect(lockingSelftest({ kinds: REAL }).cells.filter(({ expected, found }) => expected !== found)).toEqual(
    [],
  )
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
