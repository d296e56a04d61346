/** What programs see of the emulated sysfs. */
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { validator } from '../setup/schema.ts'
import { canMount, canUse, inMount } from './fixture.ts'

vi.setConfig({ testTimeout: 120_000 })

const UUID = '11111111-2222-3333-4444-555555555555'
const TYPE = '/sys/class/mdev_bus/mtty/mdev_supported_types/mtty-2'

describe.skipIf(!canMount)('a shell in a mount', () => {
  test('creates and removes, and gets the errnos of the kernel', async () => {
    const { code, stdout, stderr } = await inMount(
      `set -e; cd ${TYPE}; cat name available_instances; echo ${UUID} > create; cat available_instances
      readlink /sys/bus/mdev/devices/${UUID}; ls /sys/devices/virtual/mtty/mtty/${UUID}
      echo ${UUID} > create || echo twice; echo junk > create || echo junk; echo x > name || echo read-only
      touch /sys/new || echo new; mkdir /sys/dir || echo dir; rm name || echo rm; cat create || echo unreadable
      echo 1 > /sys/bus/mdev/devices/${UUID}/remove; ls /sys/bus/mdev/devices; cat available_instances`,
    )
    expect(stdout.split('\n')).toEqual([
      'Dual port serial',
      '12',
      '11',
      `../../../devices/virtual/mtty/mtty/${UUID}`,
      'driver',
      'mdev_type',
      'remove',
      'subsystem',
      'uevent',
      'twice',
      'junk',
      'read-only',
      'new',
      'dir',
      'rm',
      'unreadable',
      '12',
      '',
    ])
    for (const text of [
      'File exists',
      'Invalid argument',
      'name: Permission denied',
      "touch '/sys/new': Permission denied",
      'Operation not permitted',
    ]) {
      expect(stderr).toContain(text)
    }
    expect(code).toBe(0)
  })

  test('with the exit code of the command', async () => {
    const json = join(tmpdir(), `lockstorm-mount-${process.pid}.json`)
    expect((await inMount('exit 7', '--json', json)).code).toBe(7)
    expect(validator('mount-1.schema.json')(JSON.parse(readFileSync(json, 'utf8')))).toEqual([])
    rmSync(json)
  })

  test('a read-only tree takes nothing', async () => {
    const { stdout, stderr } = await inMount(`cat ${TYPE}/name; echo ${UUID} > ${TYPE}/create`, '--read-only')
    expect(stdout).toBe('Dual port serial\n')
    expect(stderr).toContain('Read-only file system')
  })

  test('a text may be read in pieces, and chmod works', async () => {
    const { stdout } = await inMount(
      `cd ${TYPE}; dd if=name bs=3 status=none; chmod 600 name; stat -c %a name`,
    )
    expect(stdout).toBe('Dual port serial\n600\n')
  })
})

describe.skipIf(!canUse('mdevctl', '--version'))('mdevctl', () => {
  test('types, start, list, stop, define, modify, undefine', async () => {
    const script = `mdevctl types -p mtty3 | grep -c mtty-; mdevctl start -u ${UUID} -p mtty3 -t mtty-2; mdevctl list
      mdevctl start -u ${UUID} -p mtty3 -t mtty-2 || echo again; mdevctl stop -u ${UUID}; mdevctl list
      mdevctl define -u ${UUID} -p mtty1 -t mtty-1; mdevctl start -u ${UUID}; mdevctl list
      mdevctl modify -u ${UUID} --auto; mdevctl list -d; mdevctl stop -u ${UUID}; mdevctl undefine -u ${UUID}; mdevctl list`
    // What it defines goes into /etc, of which the namespace has a copy of its own.
    const { stdout, stderr } = await inMount(
      `mount -t tmpfs none /etc/mdevctl.d; mkdir -p /etc/mdevctl.d/scripts.d/{callouts,notifiers}; ${script}`,
    )
    expect(stdout.split('\n').filter((line) => line !== '')).toEqual([
      '2',
      `${UUID} mtty3 mtty-2 manual`,
      'again',
      `${UUID} mtty1 mtty-1 manual (defined)`,
      `${UUID} mtty1 mtty-1 auto (active)`,
    ])
    expect(stderr).toContain('already exists')
  })
})
