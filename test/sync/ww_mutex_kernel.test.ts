/** What the kernel's own test of ww_mutex asks (docs/kernel-tests.md), of both classes, on real threads. */
import { beforeEach, describe, expect, test } from 'vitest'
import { as, NULL, type Addr } from '#lockstorm/base/addr'
import { EALREADY, EDEADLK } from '#lockstorm/base/errno'
import { read } from '#lockstorm/mem/access.fast'
import * as sync from '#lockstorm/sync/index'
import { CTX, GUARDED, LOCKS, RESOLVE, SPIN, STRESS_LOCKS, TRY } from '../bodies/ww_words.ts'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('ww_mutex')
const WORDS = 1024

let here: World
let lock: Addr<'ww_mutex'>
let ctx: Addr<'ww_acquire_ctx'>
beforeEach(() => {
  here = world(WORDS)
  lock = as(here.object)
  ctx = as(here.words + 16)
  for (const at of [lock, here.object + 16]) sync.ww_mutex_init(as(at), 'kernel_test')
  for (let i = 0; i < STRESS_LOCKS; i++) sync.ww_mutex_init(as(here.words + LOCKS + 16 * i), 'kernel_test')
})

describe.each([
  ['wound-wait', false],
  ['wait-die', true],
])('%s', (_, waitDie) => {
  beforeEach(() => {
    sync.ww_class_init(as(here.words), waitDie)
  })

  test('nobody gets a lock that another holds: by lock or trylock, under a context or not, asleep or busy', async () => {
    expect(await run(here, 2, 'wwExclusion', (TRY | CTX | SPIN) + 1)).toEqual([[], []])
  })

  test.each(['lock', 'trylock'])('who took it by %s does not get it again', (how) => {
    sync.ww_acquire_init(ctx, as(here.words), 'kernel_test')
    const first = how === 'lock' ? sync.ww_mutex_lock(lock, ctx) === 0 : sync.ww_mutex_trylock(lock, ctx)
    expect(first).toBe(true)
    expect([sync.ww_mutex_trylock(lock, NULL), sync.ww_mutex_trylock(lock, ctx)]).toEqual([false, false])
    expect(sync.ww_mutex_lock(lock, ctx)).toBe(-EALREADY)
    sync.ww_mutex_unlock(lock)
    sync.ww_acquire_fini(ctx)
    expect(sync.ww_mutex_trylock(lock, NULL)).toBe(true)
  })

  test.each([
    ['two that have what the other wants: the younger must back off', 0, [0, -EDEADLK]],
    ['the same after trylock', TRY, [0, -EDEADLK]],
    ['and gets both when it does', RESOLVE, [0, 0]],
    ['also after trylock', TRY | RESOLVE, [0, 0]],
  ])('%s', async (_, flags, answers) => {
    expect(await run(here, 2, 'wwConflict', flags)).toEqual(answers)
  })

  test.each([2, 5])('a circle of %i is resolved, and somebody has to back off for it', async (cpus) => {
    const backed = await run<number>(here, cpus, 'wwCycle')
    expect(backed.reduce((sum, n) => sum + n)).toBeGreaterThan(0)
  })

  test.each([
    ['each in an order of its own', ['wwStressInOrder'], 40],
    ['the contended lock first from then on', ['wwStressReorder'], 40],
    ['both, and one lock without a context', ['wwStressInOrder', 'wwStressReorder', 'wwStressOne'], 40],
  ] as const)('many that take many locks all get through, and lose nothing: %s', async (_, kinds, rounds) => {
    const bodies = Array.from({ length: 4 }, (_, cpu) => kinds[cpu % kinds.length] as string)
    await run(here, bodies.length, bodies, rounds)
    const all = bodies.filter((body) => body !== 'wwStressOne').length * rounds
    const counts = Array.from({ length: STRESS_LOCKS }, (_, i) => read(here.words + GUARDED + i) - all)
    const expected = counts.map((_, i) => (bodies[i] === 'wwStressOne' ? rounds : 0))
    expect(counts).toEqual(expected)
  })
})
