import { describe, expect, test } from 'vitest'
import { EINTR, EINVAL, EFAULT, EIO, ENODEV, ENOTTY, ENXIO, EPIPE, ETIME } from '#lockstorm/base/index'
import * as g from '#lockstorm/fences/index'
import { fenceNamed, FENCES, type FenceType } from '#lockstorm/fences/index'
import * as k from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { alloc_boot } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootChardev } from '../kernel/cdev_fixture.ts'
import { must } from '../kernel/fixture.ts'
import { bodyModule } from '../setup/bodies.ts'
import type { Shared, Told } from '../bodies/fences.ts'

const module = bodyModule('fences')
/** What user space sees: the errno of operations, and what poll says unasked. */
const GONE: Readonly<Record<string, number>> = {
  flag: ENXIO,
  swap: ENODEV,
  mutex: ENODEV,
  hard: ENODEV,
  rwsem: EPIPE,
  tpm: EPIPE,
  'srcu-before': EIO,
  srcu: EIO,
  drm: ENODEV,
  dax: ENXIO,
  debugfs: EIO,
  'percpu-2021': ENXIO,
  percpu: ENXIO,
  'revocable-1': ENODEV,
  'revocable-3': ENODEV,
  rust: ENXIO,
  'wait-close': ENXIO,
  'cdev-kill': EINTR,
}
const HUP = k.POLLERR | k.POLLHUP
const POLL_SAYS: Readonly<Record<string, number>> = {
  swap: k.POLLERR,
  mutex: 0,
  tpm: 0,
  'srcu-before': 0,
  srcu: k.POLLERR,
}
const pollSays = (name: string): number => POLL_SAYS[name] ?? HUP
/** Members whose code is that of another but for who shares its domain or what poll says: one of each goes through everything. */
const TWINS = ['srcu-before', 'dax', 'rust', 'percpu-2021']
/** Everything at once, where poll says HUP. */
const ready = (name: string): number => (pollSays(name) === HUP ? k.POLLIN : 0)
/** Longest run of a body that waits for others. */
const timeoutMs = 60_000

/** A machine with one gadget in its slot; dead mappings are counted. */
function boot(type: FenceType, cpus: number, timeoutUs = 0) {
  const sab = bootChardev(cpus)
  k.mmio_set_policy(k.MMIO_COUNT)
  expect(g.fences_init(type, timeoutUs)).toBe(0)
  const slot = must(g.gadget_slot_create(), 'pci_slot')
  expect(k.pci_plug(slot)).toBe(0)
  const arg: Shared = { words: alloc_boot(16), slot, rounds: 1, strong: type.strong }
  return { sab, slot, arg }
}

function open(): k.CharFile {
  return must(k.chrdev_open(g.gadget_newest_devt(), k.O_RDWR), 'file')
}

function faults(): number {
  const { reads, writes } = k.mmio_faults()
  return reads + writes
}

describe.each(FENCES)('fence $name', (type) => {
  const { name, strong, wakes, waits } = type

  test('lets operations through while the device is there, and says what is wrong with bad ones', () => {
    const { slot } = boot(type, 2)
    const f = open()
    const buf = alloc_boot(16)
    write(buf, g.GO_QUIET)
    expect([k.sys_write(f, buf, 4), k.sys_read(f, buf, g.GADGET_READ_SIZE)]).toEqual([4, g.GADGET_READ_SIZE])
    expect(read(buf + g.EVENTS)).toBe(1)
    expect([k.sys_write(f, buf, 8), k.sys_read(f, buf, 4), k.sys_ioctl(f, 99, 0)]).toEqual([
      -EINVAL,
      -EINVAL,
      -ENOTTY,
    ])
    expect([k.sys_write(f, 0, 4), k.sys_read(f, 0, g.GADGET_READ_SIZE)]).toEqual([-EFAULT, -EFAULT])
    expect(k.sys_poll(f, k.POLLIN | k.POLLPRI, 0)).toBe(k.POLLIN)
    expect([k.sys_ioctl(f, g.GADGET_WAIT_EVENT, 0), k.sys_ioctl(f, g.GADGET_WAIT_EVENT, 0)]).toEqual([
      0,
      -ETIME,
    ])
    expect(k.sys_poll(f, k.POLLIN | k.POLLPRI, 0)).toBe(0)
    k.sys_close(f)
    expect(k.pci_unplug(slot)).toBe(0)
    expect(g.gadget_counts()).toEqual({ gadgets: 0, files: 0, late: 0, woken: 0, left: 0 })
    expect([k.live_devres(), k.open_char_files(), k.warning_count()]).toEqual([0, 0, 0])
  })

  test.runIf(!waits)('answers old files with its errno, and new opens with ENXIO', () => {
    const { slot } = boot(type, 2)
    const f = open()
    const buf = alloc_boot(16)
    k.pci_unplug(slot)
    const gone = -(GONE[name] as number)
    expect([k.sys_read(f, buf, g.GADGET_READ_SIZE), k.sys_write(f, buf, 4)]).toEqual([gone, gone])
    expect(k.sys_ioctl(f, g.GADGET_WAIT_EVENT, 1000)).toBe(gone)
    expect(k.sys_poll(f, k.POLLIN, 0)).toBe(ready(name) | pollSays(name))
    expect(k.chrdev_open(g.gadget_newest_devt(), k.O_RDWR)).toBe(-ENXIO)
    k.sys_close(f)
    expect(g.gadget_counts()).toMatchObject({ gadgets: 0, files: 0, late: 0 })
    expect(faults()).toBe(0)
  })

  test.runIf(!TWINS.includes(name))('wakes a waiter for every event', async () => {
    const { sab, arg } = boot(type, 3)
    const rounds = 200
    const all = await runBodies<number>({
      sab,
      cpus: 3,
      module,
      body: 'events',
      arg: { ...arg, rounds },
      timeoutMs,
    })
    expect(all[1]).toBe(rounds)
  })

  test.runIf(!TWINS.includes(name))('unregistration and an operation in progress', async () => {
    const { sab, arg } = boot(type, 2)
    const [left] = await runBodies<boolean>({ sab, cpus: 2, module, body: 'inside', arg, timeoutMs })
    // The bare flag is the control: unregistration waits for nobody, and the checker sees what comes of it.
    expect({ left, faults: faults(), late: g.gadget_counts().late }).toEqual({
      left: strong,
      faults: strong ? 0 : 1,
      late: strong ? 0 : 1,
    })
  })

  test('who sleeps in the device, and who is left waiting', async () => {
    const cpus = 6
    const tells = pollSays(name) !== 0
    // Where somebody is not told, the wait has an end of its own.
    const endless = wakes && tells
    const timeoutUs = endless ? 60_000_000 : 100_000
    const { sab, arg } = boot(type, cpus, 20_000)
    const all = await runBodies<Told>({
      sab,
      cpus,
      module,
      body: 'sleepers',
      arg: { ...arg, timeoutUs, again: !endless && !waits, tells },
      timeoutMs,
    })
    const told = all.slice(1, -1)
    const { woken, left } = g.gadget_counts()
    // Old files work until they are closed, and the unregistration waits for that; otherwise they are told.
    const patient = waits && !wakes
    const ioctl = patient ? -ETIME : -(GONE[name] as number)
    const poll = patient ? 0 : pollSays(name)
    expect({
      ioctls: told.filter((_, i) => i % 2 === 0).map(({ result }) => result),
      // Under the bare flag a poll may read what is no longer there, and answer anything.
      polls: told.filter((_, i) => i % 2 === 1).map(({ result }) => (strong ? result & HUP : poll)),
      tooEarly: patient && told.some(({ unplugged }) => unplugged),
      // Without a wake-up a sleeper learns of it when its own time is up.
      wrongly: endless ? left : wakes ? 0 : woken,
    }).toEqual({ ioctls: [ioctl, ioctl], polls: [poll, poll], tooEarly: false, wrongly: 0 })
    // Under the bare flag a sleeper may pass the test just before the card goes: that is what is wrong with it.
    expect(strong ? faults() : 0).toBe(0)
  })
})

describe('a storm of users while the card comes and goes', () => {
  async function storm(type: FenceType, rounds: number) {
    const cpus = 5
    const { sab, slot, arg } = boot(type, cpus)
    const all = await runBodies<Record<number, number>>({
      sab,
      cpus,
      module,
      body: 'storm',
      arg: { ...arg, rounds },
      timeoutMs,
    })
    k.pci_unplug(slot)
    const errnos = new Set(all.flatMap((one) => Object.keys(one).map(Number)))
    return { errnos, counts: g.gadget_counts() }
  }

  test.each(FENCES.filter(({ name, strong }) => strong && !TWINS.includes(name)))(
    'under $name nothing runs after the fence, and no register is touched',
    { timeout: 90_000 },
    async (type) => {
      const { errnos, counts } = await storm(type, 60)
      expect([...errnos].filter((errno) => ![0, ENXIO, GONE[type.name]].includes(errno))).toEqual([])
      expect(faults()).toBe(0)
      expect(counts).toEqual({ gadgets: 0, files: 0, late: 0, woken: 0, left: 0 })
      expect([k.live_devres(), k.open_char_files(), k.warning_count()]).toEqual([0, 0, 0])
    },
  )

  test('under the bare flag the checker finds a use after unmap (row 40)', { timeout: 90_000 }, async () => {
    // How often it happens is chance: as many storms as it takes.
    for (let i = 0; i < 50; i++) {
      const { counts } = await storm(fenceNamed('flag') as FenceType, 60)
      if (faults() === 0) continue
      expect(counts.late).toBeGreaterThan(0)
      expect(k.kernel_reports()[0]?.title).toMatch(/unable to handle page fault .*after iounmap/)
      return
    }
    expect.unreachable()
  })
})
