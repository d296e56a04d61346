import { beforeEach, describe, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { EEXIST, EINVAL, ENOENT, ENOMEM } from '#lockstorm/base/errno'
import { write } from '#lockstorm/mem/access.fast'
import { arenaUsedWords } from '#lockstorm/mem/arena'
import { set_fail_nth } from '#lockstorm/mem/fault'
import * as sync from '#lockstorm/sync/index'
import { bodiesOf, world, type World } from './world.ts'

const run = bodiesOf('notifier')

let here: World
let said: string[] = []
let answer = sync.NOTIFY_OK
const NAMES = ['low', 'middle', 'high'] as const
const listen = sync.notifiers.define('test_listen', (nb, action, data) => {
  const name = NAMES[(nb - here.words) / 8] as string
  said.push(`${name} ${action} ${data}`)
  return name === 'middle' ? answer : sync.NOTIFY_OK
})
const leave = sync.notifiers.define('test_leave', (nb) => {
  sync.raw_notifier_chain_unregister(as(here.object), nb)
  said.push('left')
  return sync.NOTIFY_DONE
})
const leaveForGood = sync.notifiers.define('test_leave_for_good', (nb) => {
  sync.raw_notifier_chain_unregister(as(here.object), nb)
  for (let i = 0; i < sync.notifier_block.words; i++) write(nb + i, 0)
  said.push('left for good')
  return sync.NOTIFY_DONE
})
const block = (i: number): Addr<'notifier_block'> => as(here.words + 8 * i)

beforeEach(() => {
  here = world(128)
  said = []
  answer = sync.NOTIFY_OK
  for (const [i] of NAMES.entries()) sync.notifier_block_init(block(i), listen, 10 * i)
})

interface Chain {
  init(): number | void
  register(nb: Addr<'notifier_block'>): number
  unregister(nb: Addr<'notifier_block'>): number
  call(action: number, data: number): number
}
const nh = <S extends string>(): Addr<S> => as(here.object)
const chains: Record<string, Chain> = {
  raw: {
    init: () => sync.RAW_INIT_NOTIFIER_HEAD(nh()),
    register: (nb) => sync.raw_notifier_chain_register(nh(), nb),
    unregister: (nb) => sync.raw_notifier_chain_unregister(nh(), nb),
    call: (action, data) => sync.raw_notifier_call_chain(nh(), action, data),
  },
  atomic: {
    init: () => sync.ATOMIC_INIT_NOTIFIER_HEAD(nh(), 'test'),
    register: (nb) => sync.atomic_notifier_chain_register(nh(), nb),
    unregister: (nb) => sync.atomic_notifier_chain_unregister(nh(), nb),
    call: (action, data) => sync.atomic_notifier_call_chain(nh(), action, data),
  },
  blocking: {
    init: () => sync.BLOCKING_INIT_NOTIFIER_HEAD(nh(), 'test'),
    register: (nb) => sync.blocking_notifier_chain_register(nh(), nb),
    unregister: (nb) => sync.blocking_notifier_chain_unregister(nh(), nb),
    call: (action, data) => sync.blocking_notifier_call_chain(nh(), action, data),
  },
  srcu: {
    init: () => sync.srcu_init_notifier_head(nh(), 'test'),
    register: (nb) => sync.srcu_notifier_chain_register(nh(), nb),
    unregister: (nb) => sync.srcu_notifier_chain_unregister(nh(), nb),
    call: (action, data) => sync.srcu_notifier_call_chain(nh(), action, data),
  },
}

describe.each(Object.entries(chains))('%s chain', (_, chain) => {
  beforeEach(() => {
    chain.init()
    for (const i of [1, 0, 2]) chain.register(block(i))
  })

  test('calls its blocks by priority, with the event and its data', () => {
    expect(chain.call(3, 4)).toBe(sync.NOTIFY_OK)
    expect(said).toEqual(['high 3 4', 'middle 3 4', 'low 3 4'])
  })

  test('a block may stop the walk, and its errno comes back', () => {
    answer = sync.notifier_from_errno(-EINVAL)
    expect(sync.notifier_to_errno(chain.call(1, 0))).toBe(-EINVAL)
    expect(said).toEqual(['high 1 0', 'middle 1 0'])
  })

  test('a block is on the chain once, and off it for good', () => {
    expect(chain.register(block(0))).toBe(-EEXIST)
    expect(chain.unregister(block(1))).toBe(0)
    expect(chain.unregister(block(1))).toBe(-ENOENT)
    chain.call(1, 0)
    expect(said).toEqual(['high 1 0', 'low 1 0'])
  })
})

test('equal priorities are called in order of registration', () => {
  for (const i of [1, 0]) {
    sync.notifier_block_init(block(i), listen)
    chains['raw']?.register(block(i))
  }
  chains['raw']?.call(1, 0)
  expect(said).toEqual(['middle 1 0', 'low 1 0'])
})

test.each([
  ['raw', () => sync.raw_notifier_call_chain_robust(nh(), 1, 2, 9)],
  ['blocking', () => sync.blocking_notifier_call_chain_robust(nh(), 1, 2, 9)],
])('%s chain: what was called before the one that stops hears the undoing', (name, call) => {
  chains[name]?.init()
  for (const i of [0, 1, 2]) chains[name]?.register(block(i))
  answer = sync.NOTIFY_BAD
  expect(call()).toBe(sync.NOTIFY_BAD)
  expect(said).toEqual(['high 1 9', 'middle 1 9', 'high 2 9'])
})

test('a block of a raw chain may take itself off while it is called', () => {
  sync.notifier_block_init(block(0), leave)
  chains['raw']?.register(block(0))
  chains['raw']?.register(block(1))
  chains['raw']?.call(1, 0)
  chains['raw']?.call(1, 0)
  expect(said.filter((line) => line === 'left')).toHaveLength(1)
})

test('a block that takes itself off may be gone when its function returns', () => {
  sync.notifier_block_init(block(2), leaveForGood, 20)
  for (const i of [0, 2]) chains['raw']?.register(block(i))
  chains['raw']?.call(1, 0)
  expect(said).toEqual(['left for good', 'low 1 0'])
})

test('errnos pack and unpack', () => {
  expect(sync.notifier_from_errno(0)).toBe(sync.NOTIFY_OK)
  expect([0, -1, -EINVAL, -4095].map((e) => sync.notifier_to_errno(sync.notifier_from_errno(e)))).toEqual([
    0,
    -1,
    -EINVAL,
    -4095,
  ])
})

test.each([
  ['atomic', () => sync.atomic_cleanup_notifier_head(nh())],
  ['srcu', () => sync.srcu_cleanup_notifier_head(nh())],
])('an %s chain that ends gives the counters of its readers back', (name, cleanup) => {
  chains[name]?.init()
  const used = arenaUsedWords()
  expect(cleanup()).toBe(0)
  chains[name]?.init()
  expect(arenaUsedWords()).toBe(used)
})

test.each(['atomic', 'srcu'])('an %s chain that finds no memory says so', (name) => {
  set_fail_nth(1)
  expect(chains[name]?.init()).toBe(-ENOMEM)
})

test('after unregister has returned, the function does not run: nobody hears of what is broken then', async () => {
  write(here.words, 0)
  await run(here, 1, 'notifierInit')
  const broken = await run<number>(here, 3, 'notifierStorm', 300)
  expect(broken).toEqual([0, 0, 0])
})
