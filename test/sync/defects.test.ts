/**
 * Seven defects of published lock libraries. Each test runs our primitive through the situation, then a copy of the pattern
 * (test/bodies/sync_defects.ts, or here), which must fail: so the test does see the defect.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { ETIME } from '#lockstorm/base/errno'
import { runBodies } from '#lockstorm/machine/bodies'
import { memory } from '#lockstorm/mem/access.fast'
import { alloc_boot, attachArena, createArena } from '#lockstorm/mem/index'
import {
  mutex_init,
  mutex_is_locked,
  mutex_lock,
  mutex_lock_timeout,
  mutex_owner_cpu,
  mutex_trylock,
  mutex_unlock,
} from '#lockstorm/sync/mutex'
import { call_once, once_done } from '#lockstorm/sync/once'
import { init_rwsem, rwsem_is_locked, up_read } from '#lockstorm/sync/rwsem'
import { bodyModule } from '../setup/bodies.ts'

/** Tries until a pattern fails: most of them do at once. */
const TRIES = 50

vi.setConfig({ testTimeout: 120_000 })
let sab: SharedArrayBuffer
let object: number
function world(): void {
  sab = createArena(1 << 18, 4)
  object = alloc_boot(64)
}
beforeEach(world)
afterEach(() => {
  vi.restoreAllMocks()
})

function run(body: string, cpus: number, rounds: number, ours: boolean): Promise<unknown[]> {
  const arg = { ours, object, words: alloc_boot(4), stage: alloc_boot(1), rounds }
  return runBodies({
    sab,
    cpus,
    module: bodyModule('sync_defects'),
    body,
    arg,
    timeoutMs: ours ? 60_000 : 2_000,
  })
}

/** Runs the pattern until it hangs. False if it never does. */
async function hangs(body: string, cpus: number, rounds: number): Promise<boolean> {
  for (let i = 0; i < TRIES; i++) {
    world()
    try {
      await run(body, cpus, rounds, false)
    } catch (error) {
      if (!String(error).includes('still running')) throw error
      return true
    }
  }
  return false
}

describe('1: a semaphore that notifies only when it was at zero loses the second of two posts', () => {
  test('ours wakes both sleepers', async () => {
    await expect(run('postTwice', 3, 300, true)).resolves.toHaveLength(3)
  })
  test('the pattern leaves one asleep', async () => {
    expect(await hangs('postTwice', 3, 300)).toBe(true)
  })
})

describe('2: a condition that sleeps on a constant loses a signal sent between unlock and sleep', () => {
  test('ours hears every signal', async () => {
    await expect(run('signalUnderMutex', 2, 3_000, true)).resolves.toHaveLength(2)
  })
  test('the pattern sleeps through one', async () => {
    expect(await hangs('signalUnderMutex', 2, 30_000)).toBe(true)
  })
})

describe('3: a once that is marked before it has run lets others pass too early', () => {
  test('ours holds them back until it is done', async () => {
    expect(await run('initialise', 4, 0, true)).toEqual([true, true, true, true])
  })
  test('ours is not done when its function throws, and the next one tries', () => {
    const o = as<'once'>(object)
    const fail = (): void => {
      throw new Error('no luck')
    }
    expect(() => call_once(o, fail)).toThrow('no luck')
    expect(once_done(o)).toBe(false)
    expect(call_once(o, () => {})).toBe(true)
    expect(call_once(o, fail)).toBe(false)
  })
  test('the pattern lets others see an unfinished result', async () => {
    let results: unknown[] = []
    for (let i = 0; i < TRIES && !results.includes(false); i++) {
      world()
      results = await run('initialise', 4, 0, false)
    }
    expect(results).toContain(false)
  })
})

describe('4: a mutex that notifies at every unlock, learns its owner late, and measures time by the wall clock', () => {
  const cycles = 1000
  test('ours notifies nobody when nobody waits', () => {
    const lock = fresh()
    const notify = vi.spyOn(Atomics, 'notify')
    for (let i = 0; i < cycles; i++) {
      mutex_lock(lock)
      mutex_unlock(lock)
    }
    expect(notify).not.toHaveBeenCalled()
  })
  test('the pattern pays for a notification each time', () => {
    const notify = vi.spyOn(Atomics, 'notify')
    for (let i = 0; i < cycles; i++) {
      Atomics.compareExchange(memory(), object, 0, 1)
      Atomics.store(memory(), object, 0)
      Atomics.notify(memory(), object, 1)
    }
    expect(notify).toHaveBeenCalledTimes(cycles)
  })
  test('the word that says locked says by whom', () => {
    const lock = fresh()
    expect(mutex_owner_cpu(lock)).toBe(-1)
    attachArena(sab, 2)
    mutex_lock(lock)
    expect(mutex_owner_cpu(lock)).toBe(2)
  })
  test('a clock that is set back does not lengthen a timed wait', () => {
    const lock = fresh()
    const wall = vi.spyOn(Date, 'now').mockReturnValue(0)
    mutex_lock(lock)
    attachArena(sab, 1)
    expect(mutex_lock_timeout(lock, 2_000_000)).toBe(-ETIME)
    expect(wall).not.toHaveBeenCalled()
  })
  test('the pattern, which writes the owner afterwards, is locked by nobody for a moment', () => {
    const owner = object + 1
    Atomics.compareExchange(memory(), object, 0, 1)
    expect([memory()[object], memory()[owner]]).toEqual([1, 0])
  })
  test('the pattern by the wall clock waits on when the clock is set back', () => {
    const deadline = Date.now() + 2
    vi.spyOn(Date, 'now').mockReturnValue(0)
    let waits = 0
    for (; waits < 20 && Date.now() < deadline; waits++) Atomics.wait(memory(), object, 0, 1)
    expect(waits).toBe(20)
  })
})

describe('5: a mutex that anybody may unlock, and that nobody can try', () => {
  test('ours throws at a stranger, and stays locked', () => {
    const lock = fresh()
    mutex_lock(lock)
    attachArena(sab, 1)
    expect(() => {
      mutex_unlock(lock)
    }).toThrow('held by CPU 0')
    expect(mutex_is_locked(lock)).toBe(true)
    expect(mutex_trylock(lock)).toBe(false)
  })
  test('ours throws at a second unlock', () => {
    const lock = fresh()
    mutex_lock(lock)
    mutex_unlock(lock)
    expect(() => {
      mutex_unlock(lock)
    }).toThrow('not held')
  })
  test('the pattern lets a stranger in', () => {
    Atomics.compareExchange(memory(), object, 0, 1)
    attachArena(sab, 1)
    Atomics.store(memory(), object, 0)
    expect(Atomics.compareExchange(memory(), object, 0, 1)).toBe(0)
  })
})

describe('6: a reader-writer lock whose writers wait until no reader is left', () => {
  test('ours gets its writer in between readers that overlap without end', async () => {
    await expect(run('overlapReaders', 3, 20, true)).resolves.toHaveLength(3)
  })
  test('the pattern starves the writer', async () => {
    expect(await hangs('overlapReaders', 3, 200)).toBe(true)
  })
  test('ours refuses to unlock what nobody reads', () => {
    const sem = as<'rw_semaphore'>(object)
    init_rwsem(sem, 'test')
    expect(() => {
      up_read(sem)
    }).toThrow('not held')
    expect(rwsem_is_locked(sem)).toBe(false)
  })
})

describe('7: a semaphore that wakes one sleeper per unit, though that one needs more', () => {
  test('ours lets the small request behind the big one have the unit', async () => {
    await expect(run('smallBehindBig', 3, 0, true)).resolves.toHaveLength(3)
  })
  test('the pattern leaves it asleep beside a free unit', async () => {
    expect(await hangs('smallBehindBig', 3, 0)).toBe(true)
  })
})

function fresh(): Addr<'mutex'> {
  const lock = as<'mutex'>(object)
  mutex_init(lock, 'test')
  return lock
}
