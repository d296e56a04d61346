/**
 * PCI: the bus, slots with cards that come and go, drivers.
 *
 * Slots are made at boot, each with the registers of the card that belongs there. pci_plug puts the card in: a device
 * appears and finds its driver. pci_unplug takes it out: the driver is unbound and the device goes. pci_surprise pulls
 * the card first, so that the driver learns of it while the hardware already reads all ones.
 *
 * Order     slot->lock → device_lock → whatever drivers take.
 * Context   sleeps. An unplug blocks as long as the driver's remove does.
 * Source    drivers/pci/{probe,remove,pci-driver}.c
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { EEXIST, ENODEV, ENOMEM } from '../../base/errno.ts'
import {
  alloc_boot,
  kmem_cache_active,
  kmem_cache_create,
  kmem_cache_free,
  kmem_cache_zalloc,
  ptr,
  rootAddr,
  struct,
  embed,
  word,
} from '../../mem/index.ts'
import { mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { bus_register } from '../device/bus.ts'
import { device_add } from '../device/device_add.ts'
import { device_unregister } from '../device/device_del.ts'
import { device_initialize, dev_set_name, put_device } from '../device/device.ts'
import {
  bus_ops,
  bus_type,
  device,
  device_releases,
  type Device,
  type Driver,
} from '../device/device_struct.ts'
import { driver_init, driver_register, driver_unregister } from '../device/driver.ts'
import { driver_ops } from '../device/device_struct.ts'
import { mmio_hw, mmio_hw_create, mmio_init } from './pci_mmio.ts'
import {
  pci_dev,
  pci_driver,
  pci_driver_ops,
  pci_slot,
  type PciDev,
  type PciDriver,
  type PciSlot,
} from './pci_struct.ts'
import { qstr_set_text } from '../qstr.ts'
import { qstr_of, static_name } from '../static_name.ts'

const P = pci_dev.offset
const S = pci_slot.offset
const DRV = pci_driver.offset
const D = device.offset
const DEV = pci_dev.at.dev
const toPci = pci_dev.of.dev
const toPciDriver = pci_driver.of.driver
const PRESENT = mmio_hw.offset.present
const PCI = static_name('pci')

const globals = struct('pci_globals', {
  bus: embed(bus_type),
  dev_cache: ptr('kmem_cache'),
  nslots: word,
})
const ROOT = rootAddr('pci')
const G = globals.offset

function driver_of(dev: Device): PciDriver {
  return toPciDriver(read(dev + D.driver))
}

function pci_bus_match(dev: Device, drv: Driver): number {
  return read(toPciDriver(drv) + DRV.id) === read(toPci(dev) + P.id) ? 1 : 0
}
function pci_device_probe(dev: Device): number {
  return pci_driver_ops.get(read(driver_of(dev) + DRV.ops)).probe(toPci(dev))
}
function pci_device_remove(dev: Device): void {
  pci_driver_ops.get(read(driver_of(dev) + DRV.ops)).remove(toPci(dev))
}

const pci_bus_ops = bus_ops.define('pci', {
  match: pci_bus_match,
  probe: pci_device_probe,
  remove: pci_device_remove,
})
const pci_any_driver = driver_ops.define('pci', {})

const pci_release_dev = device_releases.define('pci_release_dev', (dev) => {
  kmem_cache_free(as(read(read(ROOT) + G.dev_cache)), pci_dev, toPci(dev))
})

/** Prepares the bus and the mappings. Boot CPU only. Returns 0 or a negative errno. */
export function pci_init(): number {
  const g = alloc_boot(globals.words)
  const cache = kmem_cache_create(pci_dev)
  if (g === 0 || cache === 0 || !mmio_init()) return -ENOMEM
  write(g + G.dev_cache, cache)
  write(ROOT, g)
  return bus_register(globals.at.bus(as(g)), qstr_of(PCI), pci_bus_ops)
}

/** The bus. */
export function pci_bus(): Addr<'bus_type'> {
  return globals.at.bus(as(read(ROOT)))
}

/**
 * Makes a slot and the card that belongs there, not plugged. Boot CPU.
 * @param id what drivers match
 * @param model id of mmio_models
 * @param nregs registers of the card
 * @returns the slot or -ENOMEM
 */
export function pci_slot_create(id: number, model: number, nregs: number): number {
  const slot = alloc_boot(pci_slot.words) as PciSlot
  const hw = mmio_hw_create(model, nregs)
  if (slot === 0 || hw === 0) return -ENOMEM
  const nr = read(read(ROOT) + G.nslots) + 1
  write(read(ROOT) + G.nslots, nr)
  mutex_init(pci_slot.at.lock(slot), '&slot->lock')
  write(slot + S.hw, hw)
  write(slot + S.id, id)
  const text = `0000:${nr.toString(16).padStart(2, '0')}:00.0`
  return qstr_set_text(pci_slot.at.name(slot), text) === 0 ? slot : -ENOMEM
}

/** Registers of the card of a slot. */
export function pci_slot_hw(slot: PciSlot): Addr<'mmio_hw'> {
  return as(read(slot + S.hw))
}

/** Device in the slot; NULL while there is none. A hint without slot->lock. */
export function pci_slot_dev(slot: PciSlot): PciDev {
  return as(READ_ONCE(slot + S.pdev))
}

function __plug(slot: PciSlot): number {
  if (read(slot + S.pdev) !== 0) return -EEXIST
  const pdev = kmem_cache_zalloc(as<'kmem_cache'>(read(read(ROOT) + G.dev_cache)), pci_dev)
  if (pdev === 0) return -ENOMEM
  const dev = DEV(pdev)
  device_initialize(dev)
  dev_set_name(dev, pci_slot.at.name(slot))
  write(dev + D.bus, pci_bus())
  write(dev + D.release, pci_release_dev)
  write(pdev + P.slot, slot)
  write(pdev + P.hw, read(slot + S.hw))
  write(pdev + P.id, read(slot + S.id))
  WRITE_ONCE(read(slot + S.hw) + PRESENT, 1)
  const error = device_add(dev)
  if (error === 0) WRITE_ONCE(slot + S.pdev, pdev)
  else {
    WRITE_ONCE(read(slot + S.hw) + PRESENT, 0)
    put_device(dev)
  }
  return error
}

/** Puts the card into its slot: the device appears and is offered to the drivers. 0, -EEXIST, -ENOMEM and the like. */
export function pci_plug(slot: PciSlot): number {
  mutex_lock(pci_slot.at.lock(slot))
  const error = __plug(slot)
  mutex_unlock(pci_slot.at.lock(slot))
  return error
}

function unplug(slot: PciSlot, surprise: boolean): number {
  mutex_lock(pci_slot.at.lock(slot))
  const pdev = as<'pci_dev'>(read(slot + S.pdev))
  if (pdev !== 0) {
    WRITE_ONCE(slot + S.pdev, 0)
    if (surprise) WRITE_ONCE(read(slot + S.hw) + PRESENT, 0)
    pci_stop_and_remove_bus_device(pdev)
    WRITE_ONCE(read(slot + S.hw) + PRESENT, 0)
  }
  mutex_unlock(pci_slot.at.lock(slot))
  return pdev === 0 ? -ENODEV : 0
}

/** Unbinds the driver and removes the device; references to it stay. */
function pci_stop_and_remove_bus_device(pdev: PciDev): void {
  device_unregister(DEV(pdev))
}

/** Takes the card out in order: driver first. Returns 0 or -ENODEV for an empty slot. */
export function pci_unplug(slot: PciSlot): number {
  return unplug(slot, false)
}

/** Pulls the card, then tells the driver. Returns 0 or -ENODEV for an empty slot. */
export function pci_surprise(slot: PciSlot): number {
  return unplug(slot, true)
}

/**
 * Registers a driver in zeroed memory.
 * @param name static_name key
 * @param ops id of pci_driver_ops
 * @returns 0 or a negative errno
 */
export function pci_register_driver(drv: PciDriver, name: number, id: number, ops: number): number {
  write(drv + DRV.id, id)
  write(drv + DRV.ops, ops)
  driver_init(pci_driver.at.driver(drv), qstr_of(name), pci_bus(), as(0), pci_any_driver)
  return driver_register(pci_driver.at.driver(drv))
}

/** Unregisters it: every device of it is unbound. */
export function pci_unregister_driver(drv: PciDriver): void {
  driver_unregister(pci_driver.at.driver(drv))
}

/** PCI devices in memory. Exact only while no CPU runs. */
export function live_pci_devs(): number {
  return kmem_cache_active(as(read(read(ROOT) + G.dev_cache)))
}
