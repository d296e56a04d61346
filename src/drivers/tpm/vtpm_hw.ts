/**
 * The card of a vtpm: registers, and what it does when they are written.
 *
 * Registers   STATUS: 0 idle, 1 busy, 2 response ready · GO: written to start the command · LENGTH · BUFFER …
 * Modes       of mmio_hw.data: ANSWERS at once, in the write of GO; HOLDS the command until vtpm_hw_answer; DEAD: a command is
 *             swallowed, nothing ever comes.
 * Context     any.
 */
import { read, READ_ONCE, WRITE_ONCE } from '#access'
import { mmio_hw, mmio_models, mmio_raise } from '../../kernel/pci/pci_mmio.ts'
import { TPM_BUFSIZE, TPM_HEADER_SIZE } from './types.ts'

export const VTPM_STATUS = 0
export const VTPM_GO = 1
export const VTPM_LENGTH = 2
export const VTPM_BUFFER = 4
export const VTPM_REGS: number = VTPM_BUFFER + TPM_BUFSIZE / 4

export const VTPM_IDLE = 0
export const VTPM_BUSY = 1
export const VTPM_READY = 2

/** Values of the mode. */
export const VTPM_ANSWERS = 0
export const VTPM_HOLDS = 1
export const VTPM_DEAD = 2

const { regs: REGS, data: MODE } = mmio_hw.offset
/** Tag 0x8001 and the length of a response that is a header only, as the bytes lie in the words. */
const RESPONSE_WORD0 = 0x0000_0180
const RESPONSE_WORD1 = TPM_HEADER_SIZE << 8

/** The card has done the command: a header with return code 0, behind it what the command had there. */
export function vtpm_hw_answer(hw: number): void {
  const regs = read(hw + REGS)
  if (READ_ONCE(regs + VTPM_STATUS) !== VTPM_BUSY) return
  WRITE_ONCE(regs + VTPM_BUFFER, RESPONSE_WORD0)
  WRITE_ONCE(regs + VTPM_BUFFER + 1, RESPONSE_WORD1)
  WRITE_ONCE(regs + VTPM_STATUS, VTPM_READY)
  mmio_raise(hw)
}

/** Chooses the mode. */
export function vtpm_hw_mode(hw: number, mode: number): void {
  WRITE_ONCE(hw + MODE, mode)
}

/** Id of the model. */
export const vtpm_model: number = mmio_models.define('vtpm', {
  written: (hw, reg, value) => {
    if (reg !== VTPM_GO) return
    const regs = read(hw + REGS)
    WRITE_ONCE(regs + VTPM_STATUS, value === 0 ? VTPM_IDLE : VTPM_BUSY)
    if (value !== 0 && READ_ONCE(hw + MODE) === VTPM_ANSWERS) vtpm_hw_answer(hw)
  },
})
