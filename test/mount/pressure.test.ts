/** More system calls at once than there are threads, and than there may be. */
import { describe, expect, test, vi } from 'vitest'
import { canMount, canUse, inMount } from './fixture.ts'

vi.setConfig({ testTimeout: 180_000 })

const TYPES = '/sys/class/mdev_bus/mtty/mdev_supported_types'
/** 32 uuids. */
const UUIDS = 'for i in $(seq 10 41); do echo 11111111-2222-3333-4444-5555555555$i; done'

describe.skipIf(!canMount)('many clients', () => {
  test('threads come as they are needed: 24 creates sleep at once, and somebody else is answered', async () => {
    const { code, stdout } = await inMount(
      `for u in $(${UUIDS} | head -24); do echo $u > ${TYPES}/mtty-1/create & done
      cat ${TYPES}/mtty-2/name; wait; ls /sys/bus/mdev/devices | wc -l; cat ${TYPES}/mtty-1/available_instances
      for u in $(ls /sys/bus/mdev/devices); do echo 1 > /sys/bus/mdev/devices/$u/remove & done
      wait; ls /sys/bus/mdev/devices | wc -l`,
      '--vendor',
      'sleep:200ms',
      '--cpus',
      '32',
    )
    expect(stdout).toBe('Dual port serial\n24\n0\n0\n')
    expect(code).toBe(0)
  })

  test('past --cpus a create is told to come again, and what does not sleep is answered', async () => {
    const { code, stdout, stderr } = await inMount(
      `for u in $(${UUIDS}); do (echo $u > ${TYPES}/mtty-1/create) 2>&1 & done; sleep 0.5
      ls ${TYPES} | wc -l; wait; ls /sys/bus/mdev/devices | wc -l`,
      '--vendor',
      'sleep:2s',
      '--cpus',
      '3',
      '--strategy',
      'placeholder',
    )
    const lines = stdout.split('\n').filter((line) => line !== '')
    const refused = lines.filter((line) => line.includes('Resource temporarily unavailable'))
    const [types, devices] = lines.filter((line) => /^\d+$/.test(line)).map(Number)
    expect({ types, code, stderr }).toEqual({ types: 2, code: 0, stderr: '' })
    expect(refused.length).toBeGreaterThan(0)
    expect(devices).toBe(Math.min(24, 32 - refused.length))
  })
})

describe.skipIf(!canUse('udevadm', '--version'))('udevadm', () => {
  test('knows a parent and what it hangs on', async () => {
    const { stdout } = await inMount('udevadm info /sys/class/mdev_bus/mtty')
    expect(stdout).toContain('P: /devices/virtual/mtty/mtty')
    expect(stdout).toContain('E: SUBSYSTEM=mtty')
  })
})

describe.skipIf(!canMount)('programs that walk over everything', () => {
  test('find, grep -r, ls -R and cp agree with what is there, while devices come and go', async () => {
    const { code, stdout } = await inMount(
      `(while [ ! -e /tmp/$$.stop ]; do u=$(cat /proc/sys/kernel/random/uuid); echo $u > ${TYPES}/mtty-1/create; echo 1 > /sys/bus/mdev/devices/$u/remove; sleep 0.1; done) 2>/dev/null &
      find /sys > /dev/null 2>&1; grep -rs Single /sys/devices | wc -l; ls -R /sys > /dev/null 2>&1
      touch /tmp/$$.stop; wait; rm /tmp/$$.stop
      d=$(mktemp -d); cp -r ${TYPES} $d 2> /dev/null; cat $d/mdev_supported_types/mtty-2/name; rm -r $d; ls /sys/bus/mdev/devices | wc -l`,
    )
    expect(stdout).toBe('8\nDual port serial\n0\n')
    expect(code).toBe(0)
  })
})
