import { describe, expect, test } from 'vitest'
import {
  EAGAIN,
  EBADE,
  EBADMSG,
  EFAULT,
  EINTR,
  EINVAL,
  EIO,
  ENODEV,
  ENOTTY,
  ENXIO,
  Oops,
} from '#lockstorm/base/index'
import * as s from '#lockstorm/drivers/switchtec/index'
import * as k from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot, set_fail_nth } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootChardev } from '../kernel/cdev_fixture.ts'
import { must } from '../kernel/fixture.ts'
import { bodyModule } from '../setup/bodies.ts'
import type { Shared } from '../bodies/cdev_switchtec.ts'

const module = bodyModule('cdev_switchtec')
const timeoutMs = 60_000
const GONE = k.POLLIN | k.POLLOUT | k.POLLERR | k.POLLHUP | k.POLLRDHUP
const UNBIND = '/sys/bus/pci/drivers/switchtec/unbind'

/** A machine with a card in its slot. Dead mappings are counted. */
function boot(name: string, cpus = 2, timeoutUs = s.MRPC_TIMEOUT_US) {
  const sab = bootChardev(cpus)
  k.mmio_set_policy(k.MMIO_COUNT)
  expect(s.switchtec_init(s.wiringNamed(name) as s.Wiring, timeoutUs)).toBe(0)
  const slot = must(s.switchtec_slot_create(), 'pci_slot')
  expect(k.pci_plug(slot)).toBe(0)
  const arg: Shared = { words: alloc_boot(16), slot, rounds: 1 }
  return { sab, slot, hw: k.pci_slot_hw(slot), irq: k.pci_irq_vector(k.pci_slot_dev(slot), 0), arg }
}

function open(flags: number = k.O_RDWR): k.CharFile {
  return must(k.chrdev_open(s.switchtec_devt(0), flags), 'file')
}

function faults(): number {
  const { reads, writes } = k.mmio_faults()
  return reads + writes
}

/** A buffer with command 7 and one word of input. */
function command(input = 0): number {
  const buf = alloc_boot(16)
  write(buf, 7)
  write(buf + 1, input)
  return buf
}

describe('results of a Switchtec device (row 34)', () => {
  test('a command is written, served and read; its output is what the switch makes of the input', () => {
    boot('v6')
    const f = open()
    const buf = command(0x0f0f)
    expect([k.sys_write(f, buf, 8), k.sys_poll(f, k.POLLIN, 0)]).toEqual([8, 0])
    k.serve_pending()
    expect(k.sys_poll(f, k.POLLIN | k.POLLRDNORM, 0)).toBe(k.POLLIN | k.POLLRDNORM)
    expect([k.sys_read(f, buf, 8), read(buf), read(buf + 1)]).toEqual([8, 0, ~0x0f0f])
    k.sys_close(f)
  })

  test('sizes, states and addresses that are wrong', () => {
    const { hw } = boot('v6')
    s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
    const f = open(k.O_RDWR | k.O_NONBLOCK)
    const buf = command()
    expect([k.sys_write(f, buf, 3), k.sys_write(f, buf, 4 + 1024 + 1), k.sys_read(f, buf, 3)]).toEqual([
      -EINVAL,
      -EINVAL,
      -EINVAL,
    ])
    expect([k.sys_write(f, 0, 8), k.sys_read(f, buf, 8)]).toEqual([-EFAULT, -EBADE])
    expect([k.sys_write(f, buf, 4 + 1024), k.sys_write(f, buf, 8), k.sys_read(f, buf, 8)]).toEqual([
      1028,
      -EBADE,
      -EAGAIN,
    ])
    s.switchtec_hw_answer(hw)
    k.serve_pending()
    expect([k.sys_read(f, 0, 8), k.sys_read(f, buf, 8), k.sys_read(f, buf, 8)]).toEqual([-EFAULT, 8, -EBADE])
  })

  test.each([
    ['v6', s.SWITCHTEC_INTERRUPTS, -ENXIO],
    ['v6', s.SWITCHTEC_FAILS, -EBADMSG],
    ['repaired', s.SWITCHTEC_FAILS, 8],
  ])('%s: a command that the switch ends with mode %i gives %i', (name, mode, result) => {
    const { hw } = boot(name)
    s.switchtec_hw_mode(hw, mode)
    const f = open()
    k.sys_write(f, command(), 8)
    k.serve_pending()
    expect(k.sys_read(f, command(), 8)).toBe(result)
  })

  test('the firmware is gone: EIO, found out by the timer of later kernels', () => {
    const { hw } = boot('repaired')
    s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
    const f = open()
    k.sys_write(f, command(), 8)
    write(hw + k.mmio_hw.offset.present, 0)
    k.serve_pending(Infinity)
    expect(k.sys_read(f, command(), 8)).toBe(-EIO)
    expect(faults()).toBe(0)
  })

  test('commands of several files run one at a time, first come first served', () => {
    const { hw } = boot('v6')
    s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
    const files = [open(), open(), open()]
    for (const f of files) expect(k.sys_write(f, command(), 8)).toBe(8)
    const ready = (): number[] => files.map((f) => k.sys_poll(f, k.POLLIN, 0))
    for (let i = 1; i <= 3; i++) {
      s.switchtec_hw_answer(hw)
      k.serve_pending()
      expect(ready()).toEqual([0, 1, 2].map((n) => (n < i ? k.POLLIN : 0)))
    }
  })

  test('events: PRI until they have been read; bad ioctls', () => {
    const { hw } = boot('v6')
    const f = open()
    const buf = command()
    const news = k.POLLPRI | k.POLLRDBAND
    s.switchtec_hw_event(hw, 2)
    k.serve_pending()
    expect(k.sys_poll(f, news, 0)).toBe(news)
    expect(k.sys_ioctl(f, s.SWITCHTEC_EVENT_SUMMARY, 0)).toBe(-EFAULT)
    expect([k.sys_ioctl(f, s.SWITCHTEC_EVENT_SUMMARY, buf), read(buf + 2)]).toEqual([0, 1])
    expect([k.sys_poll(f, news, 0), k.sys_ioctl(f, s.SWITCHTEC_EVENT_CTL, 2)]).toEqual([0, 1])
    expect([k.sys_ioctl(f, s.SWITCHTEC_EVENT_CTL, 99), k.sys_ioctl(f, 99, 0)]).toEqual([-EINVAL, -ENOTTY])
  })

  test.each(['v6', 'repaired', 'hardened'])(
    '%s: when the card is gone everything answers ENODEV or HUP',
    (name) => {
      const { slot } = boot(name)
      const f = open()
      const buf = command()
      k.pci_unplug(slot)
      expect([k.sys_write(f, buf, 8), k.sys_read(f, buf, 8), k.sys_ioctl(f, 1, buf)]).toEqual([
        -ENODEV,
        -ENODEV,
        -ENODEV,
      ])
      expect(k.sys_poll(f, GONE, 0)).toBe(GONE)
      expect(k.chrdev_open(s.switchtec_devt(0), k.O_RDWR)).toBe(-ENXIO)
      k.sys_close(f)
      expect(faults()).toBe(0)
      expect(s.switchtec_counts()).toEqual({ stdevs: 0, users: 0 })
    },
  )
})

describe('what a posting said of a card that is gone', () => {
  const said = (name: string) => {
    const { slot } = boot(name)
    const f = open()
    const buf = command()
    k.pci_unplug(slot)
    return [k.sys_write(f, buf, 8), k.sys_read(f, buf, 8), k.sys_poll(f, GONE, 0), faults()]
  }
  test('v3: ENXIO, and ERR in poll', () => {
    expect(said('v3')).toEqual([-ENXIO, -ENXIO, k.POLLERR, 0])
  })
  test('v5: ENODEV of a write only; poll says nothing', () => {
    expect(said('v5')).toEqual([-ENODEV, -EBADE, 0, 0])
  })

  /** So many commands wait when the card goes; then the timer goes off as often as it is armed. Returns what the first is told. */
  function commandsWait(name: string, commands: number): number {
    const { slot, hw } = boot(name)
    s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
    const files = Array.from({ length: commands }, () => open())
    for (const f of files) expect(k.sys_write(f, command(), 8)).toBe(8)
    k.pci_unplug(slot)
    k.serve_pending(Infinity)
    return k.sys_read(files[0] as k.CharFile, command(), 8)
  }
  test('v3: the timer touches what has been unmapped', () => {
    commandsWait('v3', 1)
    expect(faults()).toBeGreaterThan(0)
  })
  test('v5: the timer ends one command with ENODEV, and starts the next on what has been unmapped', () => {
    expect([commandsWait('v5', 1), faults()]).toEqual([-ENODEV, 0])
    commandsWait('v5', 2)
    expect(faults()).toBeGreaterThan(0)
  })
})

describe('who holds what (rows 32 and 33)', () => {
  test('v4: unbinding while a file is open is a BUG, with the trace of the thread', () => {
    boot('v4')
    open()
    expect(() => k.sysfs_write(UNBIND, '0000:01:00.0')).toThrow(Oops)
    const [bug] = k.kernel_reports()
    expect(bug?.title).toBe('kernel BUG at drivers/pci/msi.c:371! (irq_has_action)')
    const thread = ['free_msi_irqs', 'pcim_release', 'release_nodes', 'unbind_store', 'vfs_write']
    const order = thread.map((symbol) => bug?.trace.indexOf(symbol) ?? -1)
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(order[0]).toBe(0)
  })

  test.each(['v3', 'v5', 'v6', 'dma', 'repaired', 'hardened'])('%s: none', (name) => {
    boot(name)
    const f = open()
    expect(k.sysfs_write(UNBIND, '0000:01:00.0')).toBe(12)
    expect([k.oops_count(), s.switchtec_counts().stdevs]).toEqual([0, 1])
    k.sys_close(f)
    expect(s.switchtec_counts()).toEqual({ stdevs: 0, users: 0 })
  })

  test('v4 without an open file: none', () => {
    boot('v4')
    expect(k.sysfs_write(UNBIND, '0000:01:00.0')).toBe(12)
    expect([k.oops_count(), k.live_devres()]).toEqual([0, 0])
  })

  test.each([
    ['dma', 1],
    ['repaired', 0],
    ['hardened', 0],
  ])('%s: the last close, after the unplug, touches unmapped registers %i times', (name, times) => {
    const { slot } = boot(name)
    const f = open()
    k.pci_unplug(slot)
    expect(faults()).toBe(0)
    k.sys_close(f)
    expect(faults()).toBe(times)
  })

  test('a probe that fails keeps nothing, wherever it fails', () => {
    for (let nth = 1; nth < 100; nth++) {
      const { slot } = boot('v6')
      k.pci_unplug(slot)
      write(k.pci_bus() + k.bus_type.offset.drivers_autoprobe, 0)
      k.pci_plug(slot)
      set_fail_nth(nth)
      const bound = k.sysfs_write('/sys/bus/pci/drivers/switchtec/bind', '0000:01:00.0')
      set_fail_nth(0)
      if (bound > 0) return
      expect([k.live_devres(), s.switchtec_counts().stdevs]).toEqual([0, 0])
    }
    expect.unreachable()
  })
})

describe('whoever sleeps (row 35)', () => {
  async function told(name: string, end: Shared['end'], lose: number, timeoutUs?: number) {
    const cpus = 6
    const { sab, hw, irq, arg } = boot(name, cpus, timeoutUs)
    s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
    k.irq_lose(irq, lose)
    const options = { sab, cpus, module, body: 'sleepers', arg: { ...arg, end }, timeoutMs }
    const all = await runBodies<number>(options)
    return all.slice(1, -1)
  }
  const gone = k.POLLIN | k.POLLERR | k.POLLHUP

  test.each(['v6', 'hardened'])('%s: is released by stdev_kill at once', async (name) => {
    // Half an hour: nobody can have been released by the timer.
    expect(await told(name, 'unplug', 0, 1_800_000_000)).toEqual([-ENODEV, gone, -ENODEV, gone])
    expect(faults()).toBe(0)
    expect(s.switchtec_counts()).toEqual({ stdevs: 0, users: 0 })
  })

  test('gets the answer of the switch', async () => {
    expect(await told('v6', 'answer', 0, 1_800_000_000)).toEqual([8, k.POLLIN, 8, k.POLLIN])
  })

  test('gets the answer by the timer when every interrupt is lost', async () => {
    expect(await told('v6', 'answer', 1_000_000, 20_000)).toEqual([8, k.POLLIN, 8, k.POLLIN])
  })

  test('is woken by a signal', async () => {
    // A poll that a signal meets in mutex_lock_interruptible says what it says of a dead device, as in the kernel.
    const all = await told('v6', 'signal', 0)
    expect(all.map((one) => (one === gone ? -EINTR : one))).toEqual([-EINTR, -EINTR, -EINTR, -EINTR])
  })
})

describe('a storm of users while the card comes and goes', () => {
  async function storm(name: string, rounds: number): Promise<Set<number>> {
    const cpus = 5
    const { sab, slot, arg } = boot(name, cpus, 5000)
    const options = { sab, cpus, module, body: 'storm', arg: { ...arg, rounds }, timeoutMs }
    const all = await runBodies<Record<number, number>>(options)
    k.pci_unplug(slot)
    k.serve_pending(Infinity)
    return new Set(all.flatMap((one) => Object.keys(one).map(Number)))
  }

  test.each(['hardened'])('%s: no register is touched after its unmap', async (name) => {
    const errnos = await storm(name, 60)
    expect([...errnos].filter((errno) => ![0, ENXIO, ENODEV].includes(errno))).toEqual([])
    expect([faults(), k.oops_count()]).toEqual([0, 0])
    expect(s.switchtec_counts()).toEqual({ stdevs: 0, users: 0 })
    expect([k.live_devres(), k.open_char_files(), k.warning_count()]).toEqual([0, 0, 0])
  })

  test('v3: the checker finds uses after unmap', { timeout: 120_000 }, async () => {
    for (let i = 0; i < 50; i++) {
      await storm('v3', 20)
      if (faults() > 0) return
    }
    expect.unreachable()
  })
})

test('a card that comes again has the number that it had', () => {
  const { slot } = boot('v6')
  k.pci_unplug(slot)
  expect(k.pci_plug(slot)).toBe(0)
  k.sys_close(open())
})

test('the timer of a command has a reference to its device, and gives it back', () => {
  const { hw, slot } = boot('v6')
  s.switchtec_hw_mode(hw, s.SWITCHTEC_HOLDS)
  const f = open()
  const stdev = k.dev_get_drvdata(k.pci_dev.at.dev(k.pci_slot_dev(slot)))
  const kref = s.switchtec_dev.at.dev(stdev as never) + k.kobject.offset.kref
  const before = read(kref)
  k.sys_write(f, command(), 8)
  expect(read(kref)).toBe(before + 1)
  s.switchtec_hw_answer(hw)
  k.serve_pending()
  expect(read(kref)).toBe(before)
})
