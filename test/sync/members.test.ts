// Every primitive that a file of src/sync exports has a description, and every tool runs every description.
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type { Layout } from '#lockstorm/mem/layout'
import { models } from '#lockstorm/models/index'
import { attach } from '#lockstorm/mem/access.fast'
import { furtherLocks, IN_COLUMNS } from '#lockstorm/selftest/locks'
import {
  gracePeriods,
  locks,
  meetings,
  monitors,
  references,
  tokens,
  type Lock,
  type Primitive,
} from '#lockstorm/sync/members/index'
import { pairs } from '#lockstorm/sync/members/pairs'
import { TYPES } from '#lockstorm/torture/types'
import { bodyModule } from '../setup/bodies.ts'
import { world } from './world.ts'

const members: readonly Primitive[] = [
  ...locks,
  ...tokens,
  ...monitors,
  ...meetings,
  ...references,
  ...gracePeriods,
]
const isLayout = (value: unknown): value is Layout =>
  typeof value === 'object' && value !== null && 'fields' in value && 'words' in value && 'name' in value

/** Every struct that a file of the folder exports, whether the folder's door shows it or not. */
const folder = resolve(import.meta.dirname, '../../dist/src/sync')
const files = readdirSync(folder).filter((name) => name.endsWith('.js') && name !== 'index.js')
const modules = await Promise.all(
  files.map(
    async (name) => (await import(pathToFileURL(join(folder, name)).href)) as Record<string, unknown>,
  ),
)
const exported = modules.flatMap((one) => Object.values(one)).filter(isLayout)

/** Structs that are no primitive of their own, or that only their own tests know, and why. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  owner_lock: 'what mutex and the queues of rw_word and percpu_rwsem are made of',
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

const { SUITES } = (await import(
  pathToFileURL(resolve(import.meta.dirname, '../../dist/bench/index.js')).href
)) as typeof import('../../bench/index.ts')
const benched = Object.values(SUITES)
  .flat()
  .flatMap(({ rows }) => rows.flatMap(({ adapter, variant }) => (adapter === 'sync' ? [variant] : [])))
/** True if the bench has a row for each pair of operations of that name's member. */
function isBenched(name: string): boolean {
  const its = pairs.filter(({ of }) => of.name === name)
  return its.length > 0 && its.every((pair) => benched.includes(pair.name))
}
const selftested = [...IN_COLUMNS, ...furtherLocks().rows.map(({ title }) => title)]

const has = (names: readonly string[], prefix: string): boolean => names.some((one) => one.startsWith(prefix))
/** The torture of these is not called after the member. */
const TORTURED: Readonly<Record<string, string>> = { ww_mutex: 'ww_mutex_lock', semaphore: 'semaphore' }

/** Names of the tools that apply to a lock and do not run it. */
function lockMisses({ name, shared, tryLock, torture, untraced }: Lock): string[] {
  const told = untraced !== true
  const its = pairs.filter(({ of }) => of.name === name)
  const runs: Readonly<Record<string, boolean>> = {
    'models of pairs': has(modelNames, `${name}:lock`),
    'model unlock-then-free': has(modelNames, `unlock-then-free:${name}`),
    'dead owner': has(Object.keys(dead.kinds), name),
    contract: has(contract.realMembers, name) === (tryLock !== undefined),
    'contract of readers': rw.realRwMembers.includes(name) === (shared !== undefined),
    torture: typeNames.includes(TORTURED[name] ?? torture),
    bench: isBenched(name),
    'self-test': selftested.includes(name) === told,
    'self-test of readers':
      selftested.includes(`${name}, readers`) === (told && shared !== undefined && !IN_COLUMNS.has(name)),
    // test/checked/debug_lock_hold.test.ts takes each of these.
    lock_hold: its.some(({ traced }) => traced) === told,
  }
  return Object.keys(runs).filter((tool) => runs[tool] !== true)
}

test.each(locks)('$name is run by every tool that applies', (lock) => {
  expect(lockMisses(lock)).toEqual([])
})

test('the control: a lock that no tool reads is missed by each', () => {
  const unknown = { ...(locks[0] as Lock), name: 'unknown', torture: 'unknown', shared: locks[0] as Lock }
  expect(lockMisses(unknown)).toEqual([
    'models of pairs',
    'model unlock-then-free',
    'dead owner',
    'contract',
    'contract of readers',
    'torture',
    'bench',
    'self-test',
    'self-test of readers',
    'lock_hold',
  ])
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

test.each(tokens)('$name is run by every tool that applies', ({ name }) => {
  expect(has(modelNames, `${name}-tokens:take`), 'models').toBe(true)
  expect(typeNames, 'torture').toContain(name)
  expect(isBenched(name), 'bench').toBe(true)
})

test.each(monitors)('$name is run by every tool that applies', ({ name }) => {
  expect(modelNames, 'models').toContain(name)
  expect(benched, 'bench').toContain(`${name}.turn`)
})

test.each(meetings)('$name is run by every tool that applies', ({ name }) => {
  expect(modelNames, 'models').toContain(name)
  expect(isBenched(name), 'bench').toBe(true)
})

test.each(references)('$name is run by every tool that applies', ({ name }) => {
  expect(typeNames, 'torture').toContain(name)
  expect(isBenched(name), 'bench').toBe(true)
})

test.each(gracePeriods)('$name is run by every tool that applies', ({ name }) => {
  expect(typeNames, 'torture').toContain(name)
  expect(isBenched(name), 'bench').toBe(true)
  expect(has(Object.keys(dead.kinds), name), 'dead owner').toBe(true)
})
