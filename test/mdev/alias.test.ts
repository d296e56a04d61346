import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { EEXIST, EINVAL } from '#lockstorm/base/index'
import { parent_kinds, parents_init } from '#lockstorm/drivers/index'
import { kernel_init, sysfs_write } from '#lockstorm/kernel/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { createArena, strings_init } from '#lockstorm/mem/index'
import {
  mdev_alias,
  mdev_check,
  mdev_init,
  strategyNamed,
  vendors,
  type Strategy,
} from '#lockstorm/mdev/index'
import { sha1 } from '#lockstorm/mdev/sha1'
import { mdevOf } from '#lockstorm/races/kit/shell'
import { devDir, strategies, uuid } from './machine.ts'

let length = 0
const OPS = vendors.define('aliased', {
  name: 'aliased',
  types: [{ sysfs_name: '1', name: 'Aliased', description: '', device_api: 'vfio-pci' }],
  create: () => 0,
  remove: () => 0,
  available: () => 1,
  get_alias_length: () => length,
})
const KIND = parent_kinds.define('aliased', {
  ops: OPS,
  dataWords: 1,
  init() {},
  deviceName: (index) => `card${index}`,
})

/** Boots with aliases of so many digits. Returns what registration answers. */
function boot(digits: number, name = 'srcu'): number {
  length = digits
  createArena(8 << 20, 2)
  strings_init()
  return kernel_init() || mdev_init(strategyNamed(name) as Strategy) || parents_init(KIND, 2)
}

function create(typed: string, card = 0): number {
  return sysfs_write(`/sys/class/mdev_bus/card${card}/mdev_supported_types/aliased-1/create`, typed)
}

const remove = (id: string): number => sysfs_write(`${devDir(id)}/remove`, '1')
const digest = (text: string): string => createHash('sha1').update(text).digest('hex')

beforeEach(() => {
  length = 0
})

test.each(['', 'abc', uuid(1), 'x'.repeat(55)])('sha1 of %j is that of the standard', (text) => {
  const hex = sha1(text)
    .map((word) => (word >>> 0).toString(16).padStart(8, '0'))
    .join('')
  expect(hex).toBe(digest(text))
})

test.each([1, 2, 7, 8, 9, 12, 39, 40])('an alias of %i digits is the beginning of the hash', (digits) => {
  expect(boot(digits)).toBe(0)
  create(uuid(1))
  expect(mdev_alias(mdevOf(uuid(1)))).toBe(digest(uuid(1)).slice(0, digits))
})

test.each([41, 42, 1000])('a vendor that wants %i digits is not registered', (digits) => {
  expect(boot(digits)).toBe(-EINVAL)
})

test('without a length there is no alias', () => {
  expect(boot(0)).toBe(0)
  create(uuid(1))
  expect(mdev_alias(mdevOf(uuid(1)))).toBe('')
})

test('the alias is that of the text as it was typed; a newline is not part of it', () => {
  boot(40)
  const typed = uuid(0xabc).toUpperCase()
  expect(create(`${typed}\n`)).toBe(37)
  const alias = mdev_alias(mdevOf(uuid(0xabc)))
  expect(alias).toBe(digest(typed))
  expect(alias).not.toBe(digest(typed.toLowerCase()))
})

/** Two uuids whose hashes begin with the same digit. */
function colliding(): [string, string] {
  const byDigit = new Map<string, string>()
  for (let n = 1; ; n++) {
    const digit = digest(uuid(n)).slice(0, 1)
    const other = byDigit.get(digit)
    if (other !== undefined) return [other, uuid(n)]
    byDigit.set(digit, uuid(n))
  }
}

describe.each(strategies)('under %s', (strategy) => {
  test('two uuids with one alias cannot both live, on any two parents; the loser leaves nothing', () => {
    boot(1, strategy)
    const [one, other] = colliding()
    expect(create(one)).toBe(36)
    // Who leaves a list that it never joined writes where NULL points to.
    for (const at of [0, 1]) write(at, 7)
    expect(create(other, 1)).toBe(-EEXIST)
    expect([read(0), read(1)]).toEqual([7, 7])
    expect(remove(one)).toBe(1)
    expect(create(other, 1)).toBe(36)
    expect(remove(other)).toBe(1)
    expect(mdev_check(2, 1)).toEqual([])
  })
})
