/**
 * The switch as the driver sees it: registers, and what it does when they are written.
 *
 * Registers   CMD starts a command with INPUT; STATUS and RET tell of it, OUTPUT holds the answer, which is the input with every
 *             bit turned. CAUSE says why the interrupt was raised: a finished command, an event. EVENTS is a counter per kind.
 *             ALIVE reads all ones when the card is out. DMA_EN is what later kernels switch off at the end.
 * Modes       of mmio_hw.data: ANSWERS at once, in the write of CMD; HOLDS the command until switchtec_hw_answer; FAILS it;
 *             INTERRUPTS it.
 * Context     any.
 */
import { fetch_add, fetch_or, read, READ_ONCE, WRITE_ONCE } from '#access'
import { mmio_hw, mmio_models, mmio_raise } from '../../kernel/pci/pci_mmio.ts'
import { MRPC_PAYLOAD_SIZE } from './types.ts'

export const MRPC_CMD = 0
export const MRPC_STATUS = 1
export const MRPC_RET = 2
export const CAUSE = 3
export const ALIVE = 4
export const DMA_EN = 5
export const EVENTS = 8
/** Kinds of events. */
export const SWITCHTEC_EVENTS = 4
export const INPUT = 16
export const OUTPUT: number = INPUT + MRPC_PAYLOAD_SIZE / 4
export const SWITCHTEC_REGS: number = OUTPUT + MRPC_PAYLOAD_SIZE / 4

export const STATUS_INPROGRESS = 1
export const STATUS_DONE = 2
export const STATUS_ERROR = 0xff
export const STATUS_INTERRUPTED = 0x100

export const CAUSE_MRPC = 1
export const CAUSE_EVENT = 2

export const SWITCHTEC_HOLDS = 1
export const SWITCHTEC_FAILS = 2
export const SWITCHTEC_INTERRUPTS = 3

const { regs: REGS, data: MODE } = mmio_hw.offset

function finish(hw: number, status: number): void {
  const regs = read(hw + REGS)
  if (READ_ONCE(regs + MRPC_STATUS) !== STATUS_INPROGRESS) return
  for (let i = 0; i < MRPC_PAYLOAD_SIZE / 4; i++) WRITE_ONCE(regs + OUTPUT + i, ~READ_ONCE(regs + INPUT + i))
  WRITE_ONCE(regs + MRPC_RET, 0)
  WRITE_ONCE(regs + MRPC_STATUS, status)
  fetch_or(regs + CAUSE, CAUSE_MRPC)
  mmio_raise(hw)
}

/** The switch has done the command that it holds. */
export function switchtec_hw_answer(hw: number): void {
  finish(hw, STATUS_DONE)
}

/** An event of a kind comes up. */
export function switchtec_hw_event(hw: number, kind: number): void {
  const regs = read(hw + REGS)
  fetch_add(regs + EVENTS + kind, 1)
  fetch_or(regs + CAUSE, CAUSE_EVENT)
  mmio_raise(hw)
}

/** Chooses the mode. */
export function switchtec_hw_mode(hw: number, mode: number): void {
  WRITE_ONCE(hw + MODE, mode)
}

const STATUS_OF_MODE = [STATUS_DONE, 0, STATUS_ERROR, STATUS_INTERRUPTED]

/** Id of the model. */
export const switchtec_model: number = mmio_models.define('switchtec', {
  written(hw, reg) {
    if (reg !== MRPC_CMD) return
    WRITE_ONCE(read(hw + REGS) + MRPC_STATUS, STATUS_INPROGRESS)
    const status = STATUS_OF_MODE[READ_ONCE(hw + MODE)] ?? 0
    if (status !== 0) finish(hw, status)
  },
  reading(hw, reg) {
    const at = read(hw + REGS) + reg
    if (reg !== CAUSE) return READ_ONCE(at)
    // Reading the cause clears it.
    const cause = READ_ONCE(at)
    fetch_add(at, -cause)
    return cause
  },
})
