// Every primitive that src/sync exports has a description, and every tool runs every description.
import { expect, test } from 'vitest'
import type { Layout } from '#lockstorm/mem/layout'
import { models } from '#lockstorm/models/index'
import { attach } from '#lockstorm/mem/access.fast'
import * as sync from '#lockstorm/sync/index'
import { gracePeriods, locks, references, tokens, type Primitive } from '#lockstorm/sync/members/index'
import { TYPES } from '#lockstorm/torture/types'
import { bodyModule } from '../setup/bodies.ts'
import { world } from './world.ts'

const members: readonly Primitive[] = [...locks, ...tokens, ...references, ...gracePeriods]
const isLayout = (value: unknown): value is Layout =>
  typeof value === 'object' && value !== null && 'fields' in value && 'words' in value && 'name' in value
const exported = (Object.values(sync) as unknown[]).filter(isLayout)

/** Structs that are no primitive of their own, or that only their own tests know, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  barrier: 'meets, excludes nobody: models barrier*, contract of the classes',
  once: 'ends for good: models once*, contract of the classes',
  latch: 'ends for good: models latch*, contract of the classes',
  notifier_block: 'part of the chains',
  raw_notifier_head: 'a list that the caller protects: models notifier*',
  atomic_notifier_head: 'a list under a spinlock: models notifier*',
  blocking_notifier_head: 'a list under an rwsem: models notifier*',
  srcu_notifier_head: 'a list under SRCU: models notifier*',
}

test('every struct of sync is described, or says why not', () => {
  const known = new Set(
    members.flatMap(({ layout, parts = [] }) => [layout, ...parts]).map(({ name }) => name),
  )
  const missing = exported.filter(({ name }) => !known.has(name) && ELSEWHERE[name] === undefined)
  expect(missing.map(({ name }) => name)).toEqual([])
  expect(
    Object.keys(ELSEWHERE).filter((name) => known.has(name) || !exported.some((one) => one.name === name)),
  ).toEqual([])
})

const modelNames = models.map(({ name }) => name)
const typeNames = TYPES.map(({ name }) => name)
const contract = (await import(
  String(bodyModule('lock_members'))
)) as typeof import('../bodies/lock_members.ts')
const rw = (await import(
  String(bodyModule('lock_rw_members'))
)) as typeof import('../bodies/lock_rw_members.ts')
const dead = (await import(String(bodyModule('dead_owner')))) as typeof import('../bodies/dead_owner.ts')

test.each(locks)('$name is run by every tool', (lock) => {
  const { name, shared, tryLock, torture } = lock
  const has = (names: readonly string[], prefix: string): boolean =>
    names.some((one) => one.startsWith(prefix))
  expect(has(modelNames, `${name}:lock`), 'models of pairs').toBe(true)
  expect(has(modelNames, `unlock-then-free:${name}`), 'model unlock-then-free').toBe(true)
  expect(has(Object.keys(dead.kinds), name), 'dead owner').toBe(true)
  expect(has(contract.realMembers, name), 'contract').toBe(tryLock !== undefined)
  expect(rw.realRwMembers.includes(name), 'contract of readers').toBe(shared !== undefined)
  const elsewhere = { ww_mutex: 'ww_mutex_lock', semaphore: 'semaphore' }[name]
  expect(typeNames, 'torture').toContain(elsewhere ?? torture)
})

/** Locks that anybody may give back. */
const UNOWNED = ['semaphore', 'ticket_lock', 'mcs_lock']

test.each(locks.filter(({ name }) => !UNOWNED.includes(name)))(
  '$name: unlock by another task throws, and it stays locked',
  (lock) => {
    const { sab, object } = world()
    lock.init(object, 'test')
    lock.lock(object)
    attach(new Int32Array(sab), 1, 0)
    expect(() => {
      lock.unlock(object)
    }).toThrow(/not held|another|held by|owner|unlock/i)
    expect([lock.tryLock?.(object) ?? false, lock.shared?.tryLock?.(object) ?? false]).toEqual([false, false])
  },
)

test.each(tokens)('$name is run by every tool', ({ name }) => {
  expect(modelNames.some((one) => one.startsWith(`${name}-tokens:take`))).toBe(true)
  expect(typeNames).toContain(name)
})

test.each([...references, ...gracePeriods])('$name is run by its torture', ({ name }) => {
  expect(typeNames).toContain(name)
})
