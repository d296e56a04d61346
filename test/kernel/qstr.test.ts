import { expect, test } from 'vitest'
import { as, EINVAL } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { alloc_boot, intern } from '#lockstorm/mem/index'
import { read } from '#lockstorm/mem/access.fast'
import { bootKernel, name } from './fixture.ts'

const UUID = '83b8f4f2-509f-382f-3c1e-e6bfe0fa1001'

function parse(text: string): string | number {
  const words = alloc_boot(4)
  const error = k.uuid_parse(text, words)
  return error || k.uuid_text(read(words), read(words + 1), read(words + 2), read(words + 3))
}

test.each([
  [UUID, UUID],
  [UUID.toUpperCase(), UUID],
  [`${UUID}X`, UUID],
  ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
  ['ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['', -EINVAL],
  [UUID.slice(1), -EINVAL],
  [UUID.replaceAll('-', '_'), -EINVAL],
  [UUID.replaceAll('-', ''), -EINVAL],
  [`{${UUID.slice(2)}}`, -EINVAL],
  [` ${UUID.slice(1)}`, -EINVAL],
  [`${UUID.slice(0, 35)}g`, -EINVAL],
  [`${UUID.slice(0, 35)}\n`, -EINVAL],
  [`${UUID.replace(/-(?=[^-]*$)/, '')} `, -EINVAL],
  ['0cb4ddff-a545-4401-9d06-688af53e', -EINVAL],
  ['83b8f4f25-09f-382f-3c1e-e6bfe0fa1001', -EINVAL],
])('uuid_parse of %j gives %j', (text, expected) => {
  bootKernel()
  expect(parse(text)).toBe(expected)
})

test('a name keeps its text in each of its forms', () => {
  bootKernel()
  expect(k.name_text(name('mtty-1'))).toBe('mtty-1')
  expect(k.name_text(name(UUID))).toBe(UUID)
  const numbered = as<'qstr'>(alloc_boot(k.qstr.words))
  k.qstr_set_number(numbered, intern('vfio'), 12)
  expect(k.name_text(numbered)).toBe('vfio12')
  k.qstr_set_number(numbered, 0, 0)
  expect(k.name_text(numbered)).toBe('0')
})

test('equal names are equal and hash alike, others differ', () => {
  bootKernel()
  expect(k.name_eq(name(UUID), name(UUID))).toBe(true)
  expect(k.name_hash(name(UUID))).toBe(k.name_hash(name(UUID)))
  expect(k.name_eq(name(UUID), name(UUID.replace('1001', '1002')))).toBe(false)
  expect(k.name_eq(name('a'), name('b'))).toBe(false)
})

test('an uppercase uuid as a directory name stays text: only what is parsed becomes a uuid', () => {
  bootKernel()
  expect(k.name_text(name(UUID.toUpperCase()))).toBe(UUID.toUpperCase())
})

test('a static name is one name wherever it is defined, and its address stays', () => {
  bootKernel()
  const key = k.static_name('driver')
  expect(k.static_name('driver')).toBe(key)
  expect(k.qstr_of(key)).toBe(k.qstr_of(key))
  expect(k.name_text(k.qstr_of(key))).toBe('driver')
  expect(k.name_eq(k.qstr_of(key), name('driver'))).toBe(true)
})
