import { beforeEach, describe, expect, test } from 'vitest'
import { E2BIG, EBUSY, EFAULT, EINVAL, ENXIO, EPIPE, ETIME } from '#lockstorm/base/index'
import * as t from '#lockstorm/drivers/tpm/index'
import * as k from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootChardev } from '../kernel/cdev_fixture.ts'
import { must } from '../kernel/fixture.ts'
import { bodyModule } from '../setup/bodies.ts'
import type { Shared } from '../bodies/cdev_tpm.ts'

const module = bodyModule('cdev_tpm')
const { commandBuffer } = (await import(module.href)) as typeof import('../bodies/cdev_tpm.ts')

/** A machine with one vtpm in its slot. */
function boot(cpus = 5) {
  const sab = bootChardev(cpus)
  expect(t.tpm_init()).toBe(0)
  const slot = must(t.vtpm_slot_create(), 'pci_slot')
  expect(k.pci_plug(slot)).toBe(0)
  return { sab, slot, hw: k.pci_slot_hw(slot), chip: t.vtpm_chip_of(k.pci_slot_dev(slot)) }
}

function open(flags: number = k.O_RDWR): k.CharFile {
  return must(k.chrdev_open(t.tpmrm_devt(0), flags), 'file')
}

describe('a TPM', () => {
  beforeEach(() => {
    boot()
  })

  test('takes a command and gives its response, in parts', () => {
    const f = open()
    const buf = commandBuffer()
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT, 0)).toBe(k.POLLOUT)
    expect(k.sys_write(f, buf, 10)).toBe(10)
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT, 0)).toBe(k.POLLIN)
    expect([k.sys_read(f, buf, 4), read(buf)]).toEqual([4, 0x180])
    expect([k.sys_read(f, buf, 64), k.sys_read(f, buf, 64)]).toEqual([6, 0])
    k.sys_close(f)
    expect(t.tpm_counts()).toMatchObject({ chips: 1, files: 0 })
  })

  test('refuses what is too long, too short, not there, or too early', () => {
    const f = open()
    const buf = commandBuffer()
    expect(k.sys_write(f, buf, 4097)).toBe(-E2BIG)
    expect(k.sys_write(f, 0, 10)).toBe(-EFAULT)
    expect(k.sys_write(f, buf, 4)).toBe(-EINVAL)
    expect(k.sys_write(f, buf, 9)).toBe(-EINVAL)
    expect(k.sys_write(f, buf, 10)).toBe(10)
    expect(k.sys_write(f, buf, 10)).toBe(-EBUSY)
    expect(k.sys_read(f, 0, 10)).toBe(-EFAULT)
    expect(k.sys_read(f, buf, 10)).toBe(0)
    expect(k.sys_write(f, buf, 10)).toBe(10)
  })

  test('lets one file at a time have tpm0, any number tpmrm0', () => {
    const one = must(k.chrdev_open(t.tpm_devt(0), k.O_RDWR), 'file')
    expect(k.chrdev_open(t.tpm_devt(0), k.O_RDWR)).toBe(-EBUSY)
    const others = [open(), open()]
    k.sys_close(one)
    expect(k.chrdev_open(t.tpm_devt(0), k.O_RDWR)).toBeGreaterThan(0)
    for (const f of others) k.sys_close(f)
  })

  test('carries out a command that was written without waiting, when somebody serves', () => {
    const f = open(k.O_RDWR | k.O_NONBLOCK)
    const buf = commandBuffer()
    expect([k.sys_write(f, buf, 10), k.sys_write(f, buf, 10)]).toEqual([10, -EBUSY])
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT, 0)).toBe(0)
    k.serve_pending()
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT, 0)).toBe(k.POLLIN)
    expect(k.sys_read(f, buf, 64)).toBe(10)
    k.sys_close(f)
  })

  test('forgets a response that nobody reads for two minutes', () => {
    const f = open()
    const buf = commandBuffer()
    k.sys_write(f, buf, 10)
    k.serve_pending(Infinity)
    expect(k.sys_read(f, buf, 64)).toBe(0)
    k.sys_close(f)
  })
})

test('a command that the card never answers ends with ETIME, and the next one goes through', () => {
  const { hw, chip } = boot()
  write(chip + t.tpm_chip.offset.timeout_us, 2000)
  t.vtpm_hw_mode(hw, t.VTPM_DEAD)
  const f = open()
  expect(k.sys_write(f, commandBuffer(), 10)).toBe(-ETIME)
  t.vtpm_hw_mode(hw, t.VTPM_ANSWERS)
  expect(k.sys_write(f, commandBuffer(), 10)).toBe(10)
})

test('chips have the numbers from 0 on', () => {
  boot()
  for (let n = 1; n < 8; n++) k.pci_plug(must(t.vtpm_slot_create(), 'pci_slot'))
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7]
  expect(numbers.map((n) => k.chrdev_open(t.tpmrm_devt(n), k.O_RDWR) > 0)).toEqual(numbers.map(() => true))
})

test('a command that the card answers later wakes its writer', async () => {
  const { sab, slot, hw } = boot(3)
  t.vtpm_hw_mode(hw, t.VTPM_HOLDS)
  const arg: Shared = { words: alloc_boot(16), slot, rounds: 1 }
  const [, ret] = await runBodies<number>({ sab, cpus: 3, module, body: 'answered', arg })
  expect(ret).toBe(10)
})

describe('when the card is unplugged (row 37)', () => {
  test('a response that is there is still read, a write answers EPIPE, poll says HUP, a new open ENXIO', () => {
    const { slot } = boot()
    const f = open()
    const buf = commandBuffer()
    k.sys_write(f, buf, 10)
    const g = open()
    k.pci_unplug(slot)
    expect(k.sys_read(f, buf, 64)).toBe(10)
    expect([k.sys_write(f, commandBuffer(), 10), k.sys_write(g, commandBuffer(), 10)]).toEqual([
      -EPIPE,
      -EPIPE,
    ])
    expect(k.sys_poll(f, k.POLLIN | k.POLLOUT, 0)).toBe(k.POLLIN | k.POLLOUT | k.POLLERR | k.POLLHUP)
    expect(k.chrdev_open(t.tpmrm_devt(0), k.O_RDWR)).toBe(-ENXIO)
    expect(t.tpm_counts()).toMatchObject({ chips: 1, lowers: 0 })
    k.sys_close(f)
    k.sys_close(g)
    expect(t.tpm_counts()).toEqual({ chips: 0, files: 0, lowers: 0, late: 0 })
  })

  test('an asynchronous command that has not begun fails, and a read says why, once', () => {
    const { slot } = boot()
    const f = open(k.O_RDWR | k.O_NONBLOCK)
    k.sys_write(f, commandBuffer(), 10)
    k.pci_unplug(slot)
    k.serve_pending()
    expect([k.sys_read(f, commandBuffer(), 64), k.sys_read(f, commandBuffer(), 64)]).toEqual([-EPIPE, 0])
    expect(k.mmio_faults()).toEqual({ reads: 0, writes: 0 })
    k.sys_close(f)
  })

  test('the fence waits for whoever holds operations', async () => {
    const { sab, slot } = boot(2)
    const arg: Shared = { words: alloc_boot(16), slot, rounds: 1 }
    const all = await runBodies<boolean>({ sab, cpus: 2, module, body: 'holder', arg })
    expect(all).toEqual([true, true])
  })

  test('over and over under a storm, no operation ever runs after the fence and no register is touched', async () => {
    const cpus = 5
    const { sab, slot } = boot(cpus)
    const arg: Shared = { words: alloc_boot(16), slot, rounds: 150 }
    const all = await runBodies<Record<number, number>>({ sab, cpus, module, body: 'storm', arg })
    const errnos = new Set(all.flatMap((one) => Object.keys(one).map(Number)))
    errnos.delete(0)
    expect([...errnos].filter((errno) => ![EPIPE, ENXIO].includes(errno))).toEqual([])
    expect(k.mmio_faults()).toEqual({ reads: 0, writes: 0 })
    k.pci_unplug(slot)
    expect(t.tpm_counts()).toEqual({ chips: 0, files: 0, lowers: 0, late: 0 })
    expect([k.live_devres(), k.open_char_files(), k.warning_count()]).toEqual([0, 0, 0])
  })
})

describe('whoever sleeps under the fence (row 38)', () => {
  test('gave its operations back before: unregistration returns at once, a write is told EPIPE, a poll HUP', async () => {
    const cpus = 10
    const { sab, slot, hw } = boot(cpus)
    t.vtpm_hw_mode(hw, t.VTPM_HOLDS)
    const arg: Shared = { words: alloc_boot(16), slot, rounds: 1 }
    const all = await runBodies<number>({ sab, cpus, module, body: 'sleepers', arg })
    const gone = k.POLLIN | k.POLLERR | k.POLLHUP
    expect(all.slice(1, -1)).toEqual([-EPIPE, gone, -EPIPE, gone, -EPIPE, gone, -EPIPE, gone])
    expect(t.tpm_counts()).toEqual({ chips: 0, files: 0, lowers: 0, late: 0 })
    expect(k.mmio_faults()).toEqual({ reads: 0, writes: 0 })
  })
})
