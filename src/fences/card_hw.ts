/**
 * The card of a gadget: registers, and what it does when they are written.
 *
 * Registers   EVENTS counts commands; GO takes one, of which GO_EVENT raises the interrupt; ALARM is what sleepers wait for
 *             and only gadget_hw_alarm sets.
 * Context     any.
 */
import { fetch_add, read, WRITE_ONCE } from '#access'
import { mmio_hw, mmio_models, mmio_raise } from '../kernel/pci/pci_mmio.ts'

export const EVENTS = 0
export const GO = 1
export const ALARM = 2
export const GADGET_REGS = 8

/** Command that only counts. */
export const GO_QUIET = 1
/** Command that counts and raises the interrupt. */
export const GO_EVENT = 2

const REGS = mmio_hw.offset.regs

/** Sets the alarm, or takes it back, and raises the interrupt. */
export function gadget_hw_alarm(hw: number, on: number): void {
  WRITE_ONCE(read(hw + REGS) + ALARM, on)
  mmio_raise(hw)
}

/** Id of the model. */
export const gadget_model: number = mmio_models.define('gadget', {
  written(hw, reg, value) {
    if (reg !== GO) return
    fetch_add(read(hw + REGS) + EVENTS, 1)
    if (value === GO_EVENT) mmio_raise(hw)
  },
})
