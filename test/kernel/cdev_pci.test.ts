import { beforeEach, describe, expect, test } from 'vitest'
import { as, EBUSY, EEXIST, EINVAL, EIO, ENODEV, Oops } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { set_fail_nth } from '#lockstorm/mem/index'
import { read, write } from '#lockstorm/mem/access.fast'
import { bootChardev, log } from './cdev_fixture.ts'
import { must, zalloc } from './fixture.ts'

const model = k.mmio_models.define('pci.test', {
  written: (hw, reg) => {
    if (reg === 1) k.mmio_raise(hw)
  },
})
const handler = k.irq_handlers.define('pci.test', (irq, dev_id) => {
  log.push(`irq ${irq} for ${dev_id}`)
  return k.IRQ_HANDLED
})
const NAME = k.static_name('widget')
const state = { cookie: 0, error: 0, irqOn: 'pdev' }
const ops = k.pci_driver_ops.define('pci.test', {
  probe: (pdev) => {
    if (state.error !== 0) return state.error
    let error = k.pcim_enable_device(pdev)
    if (error !== 0) return error
    const vectors = k.pci_alloc_irq_vectors(pdev, 2)
    if (vectors < 0) return vectors
    state.cookie = k.pcim_iomap_regions(pdev)
    if (state.cookie < 0) return state.cookie
    k.pci_set_master(pdev)
    const irq = k.pci_irq_vector(pdev, 0)
    error =
      state.irqOn === 'pdev'
        ? k.devm_request_irq(k.pci_dev.at.dev(pdev), irq, handler, 1)
        : k.request_irq(irq, handler, 1)
    log.push('probe')
    return error
  },
  remove: () => {
    log.push('remove')
  },
})

function plugged() {
  const slot = must(k.pci_slot_create(7, model, 8), 'pci_slot')
  const drv = zalloc(k.pci_driver)
  expect(k.pci_register_driver(drv, NAME, 7, ops)).toBe(0)
  expect(k.pci_plug(slot)).toBe(0)
  return { slot, drv, pdev: k.pci_slot_dev(slot) }
}

function enabled(pdev: k.PciDev): number {
  return read(pdev + k.pci_dev.offset.enable_cnt)
}

beforeEach(() => {
  bootChardev()
  Object.assign(state, { cookie: 0, error: 0, irqOn: 'pdev' })
})

describe('a PCI device', () => {
  test('is bound when it is plugged, works, and gives all back when it is unplugged', () => {
    const { slot, pdev } = plugged()
    expect([k.pci_plug(slot), enabled(pdev)]).toEqual([-EEXIST, 1])
    k.iowrite32(state.cookie, 0, 99)
    expect(k.ioread32(state.cookie, 0)).toBe(99)
    const irq = k.pci_irq_vector(pdev, 0)
    k.iowrite32(state.cookie, 1, 1)
    k.serve_pending()
    expect(log).toEqual(['probe', `irq ${irq} for 1`])
    expect(k.pci_unplug(slot)).toBe(0)
    expect([k.irq_has_action(irq), k.is_mapped(state.cookie)]).toEqual([false, false])
    expect([k.live_pci_devs(), k.live_devres(), k.pci_unplug(slot)]).toEqual([0, 0, -ENODEV])
    expect(k.warning_count()).toBe(0)
  })

  test('is unbound and bound again through sysfs, and only the driver of its id is offered it', () => {
    const { pdev } = plugged()
    const path = '/sys/bus/pci/drivers/widget'
    expect(k.sysfs_write(`${path}/unbind`, '0000:01:00.0')).toBe(12)
    expect(enabled(pdev)).toBe(0)
    expect(k.sysfs_write(`${path}/unbind`, '0000:01:00.0')).toBe(-ENODEV)
    expect(k.sysfs_write(`${path}/bind`, '0000:01:00.0')).toBe(12)
    expect(log).toEqual(['probe', 'remove', 'probe'])
    k.pci_plug(must(k.pci_slot_create(8, model, 8), 'pci_slot'))
    expect(k.sysfs_list(path)).not.toContain('0000:02:00.0')
  })

  test('whose probe fails keeps nothing, wherever it fails', () => {
    for (let nth = 1; nth < 100; nth++) {
      bootChardev()
      state.error = 0
      const slot = must(k.pci_slot_create(7, model, 8), 'pci_slot')
      k.pci_register_driver(zalloc(k.pci_driver), NAME, 7, ops)
      write(k.pci_bus() + k.bus_type.offset.drivers_autoprobe, 0)
      k.pci_plug(slot)
      const pdev = k.pci_slot_dev(slot)
      set_fail_nth(nth)
      const bound = k.sysfs_write('/sys/bus/pci/drivers/widget/bind', '0000:01:00.0')
      set_fail_nth(0)
      if (bound > 0) return
      expect([enabled(pdev), k.live_devres()]).toEqual([0, 0])
    }
    expect.unreachable()
  })

  test('that cannot be added is not in its slot, wherever that fails', () => {
    for (let nth = 1; nth < 100; nth++) {
      bootChardev()
      const slot = must(k.pci_slot_create(7, model, 8), 'pci_slot')
      set_fail_nth(nth)
      const error = k.pci_plug(slot)
      set_fail_nth(0)
      if (error === 0) return
      const present = read(k.pci_slot_hw(slot) + k.mmio_hw.offset.present)
      expect([k.pci_slot_dev(slot), k.live_pci_devs(), present]).toEqual([0, 0, 0])
    }
    expect.unreachable()
  })

  test('of a driver that refuses stays, unbound', () => {
    state.error = -EIO
    const { pdev } = plugged()
    expect([enabled(pdev), log]).toEqual([0, []])
  })
})

describe('the registers', () => {
  test('are unmapped by the unbind, and an access after it is an Oops', () => {
    const { slot } = plugged()
    k.pci_unplug(slot)
    expect(() => k.ioread32(state.cookie, 0)).toThrow(Oops)
    expect(() => {
      k.iowrite32(state.cookie, 0, 1)
    }).toThrow(Oops)
    expect(k.mmio_faults()).toEqual({ reads: 1, writes: 1 })
    expect(k.kernel_reports()[0]?.title).toMatch(/unable to handle page fault.*ioread32 after iounmap/)
  })

  test('are recognised as unmapped also when they have been mapped anew', () => {
    const { slot } = plugged()
    const old = state.cookie
    k.pci_unplug(slot)
    k.pci_plug(slot)
    k.mmio_set_policy(k.MMIO_COUNT)
    expect([k.ioread32(old, 0), k.mmio_faults().reads]).toEqual([k.ALL_ONES, 1])
    expect(k.ioread32(state.cookie, 0)).toBe(0)
  })

  test('read all ones, without a fault, while the card is out under its mapping', () => {
    const { slot } = plugged()
    write(k.pci_slot_hw(slot) + k.mmio_hw.offset.present, 0)
    k.iowrite32(state.cookie, 0, 5)
    expect(k.ioread32(state.cookie, 0)).toBe(k.ALL_ONES)
    expect(k.mmio_faults()).toEqual({ reads: 0, writes: 0 })
    expect(k.pci_surprise(slot)).toBe(0)
  })
})

describe('vectors', () => {
  test('are counted, found by index, and belong to one owner', () => {
    const { pdev } = plugged()
    expect(k.pci_irq_vector(pdev, 1)).toBeGreaterThan(0)
    expect([k.pci_irq_vector(pdev, 2), k.pci_alloc_irq_vectors(pdev, 1)]).toEqual([-EINVAL, -EBUSY])
    expect(k.pci_alloc_irq_vectors(pdev, 99)).toBe(-EINVAL)
  })

  test('that still have a handler when they are freed are a BUG, with the trace of the unbind', () => {
    state.irqOn = 'nobody'
    plugged()
    expect(() => k.sysfs_write('/sys/bus/pci/drivers/widget/unbind', '0000:01:00.0')).toThrow(Oops)
    const [bug] = k.kernel_reports()
    expect(bug?.title).toContain('kernel BUG at drivers/pci/msi.c:371!')
    expect(bug?.trace).toEqual(
      expect.arrayContaining(['free_msi_irqs', 'pcim_release', 'release_nodes', 'unbind_store', 'vfs_write']),
    )
  })

  test('do not reach anybody while the device may not write to memory', () => {
    const { pdev } = plugged()
    k.pci_clear_master(pdev)
    k.iowrite32(state.cookie, 1, 1)
    expect(k.serve_pending()).toBe(0)
    expect(k.pci_is_enabled(as(pdev))).toBe(true)
  })
})
