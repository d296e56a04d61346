import { beforeEach, describe, expect, test } from 'vitest'
import { EEXIST, EINVAL, ENOENT, ENOSPC } from '#lockstorm/base/index'
import { sysfs_list, sysfs_read, sysfs_write } from '#lockstorm/kernel/index'
import { boot, devDir, strategies, typeDir, uuid } from './machine.ts'

const available = (type: string): string | number => sysfs_read(`${typeDir(0, type)}/available_instances`)

describe.each(strategies)('what user space may write, under %s', (strategy) => {
  beforeEach(() => {
    boot(strategy)
  })

  test.each([
    ['36 characters', uuid(1), 36],
    ['a trailing newline', `${uuid(1)}\n`, 37],
    ['one extra byte of any kind', `${uuid(1)}X`, 37],
    ['upper case', uuid(1).toUpperCase(), 36],
    ['all zeros', '00000000-0000-0000-0000-000000000000', 36],
    ['all f', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 36],
    ['nothing at all', '', 0],
    ['a newline only', '\n', -EINVAL],
    ['two newlines behind it', `${uuid(1)}\n\n`, -EINVAL],
    ['a character missing', uuid(1).slice(0, 35), -EINVAL],
    ['braces', `{${uuid(1)}}`, -EINVAL],
    ['a hyphen in the wrong place', uuid(1).replace('-', '0'), -EINVAL],
    ['underscores', uuid(1).replaceAll('-', '_'), -EINVAL],
    ['a letter beyond f', uuid(1).replace('8', 'g'), -EINVAL],
    ['a leading space', ` ${uuid(1)}`, -EINVAL],
  ])('create takes or refuses %s', (_what, text, expected) => {
    expect(sysfs_write(`${typeDir(0)}/create`, text)).toBe(expected)
    expect(sysfs_list('/sys/bus/mdev/devices')).toHaveLength(expected > 0 ? 1 : 0)
  })

  test('a uuid in upper case names the device in lower case and equals it', () => {
    const upper = uuid(0xabc).toUpperCase()
    expect(sysfs_write(`${typeDir(0)}/create`, upper)).toBe(36)
    expect(sysfs_list('/sys/bus/mdev/devices')).toEqual([uuid(0xabc)])
    expect(sysfs_write(`${typeDir(0)}/create`, uuid(0xabc))).toBe(-EEXIST)
  })

  test.each([
    ['1', 1],
    ['2', 1],
    ['0x10', 4],
    ['010', 3],
    ['+1', 2],
    ['1\n', 2],
    ['18446744073709551615', 20],
  ])('remove takes %j: the device goes', (text, count) => {
    sysfs_write(`${typeDir(0)}/create`, uuid(1))
    expect(sysfs_write(`${devDir(uuid(1))}/remove`, text)).toBe(count)
    expect(sysfs_list('/sys/bus/mdev/devices')).toEqual([])
    expect(sysfs_write(`${devDir(uuid(1))}/remove`, '1')).toBe(-ENOENT)
  })

  test.each([
    ['0', 1],
    ['00', 2],
    ['0x0', 3],
    ['0\n', 2],
    ['', 0],
    ['foo', -EINVAL],
    ['1x', -EINVAL],
    ['-1', -EINVAL],
    [' 1', -EINVAL],
    ['1 ', -EINVAL],
    ['1\n\n', -EINVAL],
    ['\n', -EINVAL],
    ['18446744073709551616', -EINVAL],
  ])('remove with %j leaves the device', (text, result) => {
    sysfs_write(`${typeDir(0)}/create`, uuid(1))
    expect(sysfs_write(`${devDir(uuid(1))}/remove`, text)).toBe(result)
    expect(sysfs_list('/sys/bus/mdev/devices')).toEqual([uuid(1)])
  })

  test('one create changes available_instances of every sibling type, and a full parent answers ENOSPC', () => {
    expect([available('nvidia-35'), available('nvidia-36'), available('nvidia-39')]).toEqual([
      '16\n',
      '8\n',
      '1\n',
    ])
    expect(sysfs_write(`${typeDir(0, 'nvidia-36')}/create`, uuid(1))).toBe(36)
    expect([available('nvidia-35'), available('nvidia-36'), available('nvidia-39')]).toEqual([
      '0\n',
      '7\n',
      '0\n',
    ])
    expect(sysfs_write(`${typeDir(0, 'nvidia-39')}/create`, uuid(2))).toBe(-ENOSPC)
    expect(sysfs_write(`${typeDir(1, 'nvidia-39')}/create`, uuid(2))).toBe(36)
    expect(sysfs_write(`${devDir(uuid(1))}/remove`, '1')).toBe(1)
    expect([available('nvidia-35'), available('nvidia-36'), available('nvidia-39')]).toEqual([
      '16\n',
      '8\n',
      '1\n',
    ])
  })
})
