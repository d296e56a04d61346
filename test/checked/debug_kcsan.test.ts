import { expect, test } from 'vitest'
import type { Addr } from '#lockstorm/base/addr'
import { findings, kcsan_init, type Finding } from '#lockstorm/debug/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { write } from '#lockstorm/mem/access.checked'
import { alloc_boot, createArena } from '#lockstorm/mem/index'
import * as sync from '#lockstorm/sync/index'
import { bodyModule } from '../setup/bodies.ts'
import type { RaceArg } from '../bodies/debug_race.ts'

async function run(body: string, rounds = 1, cpus = 2): Promise<Finding[]> {
  const sab = createArena(1 << 24, cpus)
  if (!kcsan_init()) throw new Error('too small')
  const arg: RaceArg = {
    data: alloc_boot(2),
    flag: alloc_boot(1),
    unseen: new Int32Array(new SharedArrayBuffer(12)),
    mutex: alloc_boot(sync.mutex.words) as Addr<'mutex'>,
    sem: alloc_boot(sync.rw_semaphore.words) as Addr<'rw_semaphore'>,
    srcu: alloc_boot(sync.srcu_struct.words) as Addr<'srcu_struct'>,
    rounds,
  }
  sync.mutex_init(arg.mutex, 'm')
  sync.init_rwsem(arg.sem, 's')
  sync.init_srcu_struct(arg.srcu, 'p')
  write(arg.flag, body === 'srcuUpdates' ? arg.data : 0)
  await runBodies({ sab, cpus, module: bodyModule('debug_race'), body, arg, checked: true })
  return findings()
}

test('a plain write and a plain read without an order race, though they never meet', async () => {
  const [one, ...more] = await run('plainWriteThenRead')
  expect(more).toEqual([])
  expect(one?.title).toBe('data-race in reader [debug_race] / writer [debug_race]')
  expect(one?.text.replaceAll(/\b0x[0-9a-f]{16}\b/g, 'ADDR')).toBe(`\
==================================================================
BUG: KCSAN: data-race in reader [debug_race] / writer [debug_race]

read to ADDR of 4 bytes by task 2 on cpu 1:
 reader [debug_race]
 <anonymous> [debug_race]
 turn [debug_race]
 plainWriteThenRead [debug_race]

write to ADDR of 4 bytes by task 1 on cpu 0:
 writer [debug_race]

Reported by Kernel Concurrency Sanitizer on:
CPU: 1 PID: 2 Comm: cpu-1 Not tainted 0.1.0-lockstorm #1
==================================================================`)
})

test('two plain writes race', async () => {
  expect((await run('plainWriteTwice')).map(({ title }) => title)).toEqual([
    'data-race in writer [debug_race] / writer [debug_race]',
  ])
})

test('a plain access races with a marked one', async () => {
  const [one] = await run('markedWriteThenPlainRead')
  expect(one?.text).toContain('write (marked) to 0x')
})

test('data that is written after its flag races', async () => {
  expect(await run('publishedTooEarly')).toHaveLength(1)
})

test('a marked read publishes nothing', async () => {
  expect((await run('readMarksNothing')).map(({ title }) => title)).toEqual([
    'data-race in reader [debug_race] / writer [debug_race]',
  ])
})

test('one task that forgets the lock races with those that take it', async () => {
  const found = await run('lockedUpdates', -20)
  expect(found.length).toBeGreaterThan(0)
  expect(new Set(found.map(({ title }) => title))).toEqual(
    new Set(['data-race in update [debug_race] / update [debug_race]']),
  )
})

// --- never ---

test.for([
  ['plainReads', 1, 3],
  ['marked', 1, 2],
  ['published', 1, 2],
  ['lockedUpdates', 100, 3],
  ['rwsemUpdates', 100, 3],
  ['srcuUpdates', 200, 3],
] as const)('what is ordered is never reported: %s', async ([body, rounds, cpus]) => {
  expect((await run(body, rounds, cpus)).map(({ text }) => text)).toEqual([])
})
