/**
 * What users and administrators do with a character device whose card comes and goes. Words: the slot, an open file, a buffer.
 */
import { read, write } from '#access'
import { as } from '../../base/addr.ts'
import { ENOMEM } from '../../base/errno.ts'
import {
  fenceNamed,
  fences_init,
  gadget_newest_devt,
  gadget_slot_create,
  GADGET_READ_SIZE,
  type FenceType,
} from '../../fences/index.ts'
import {
  switchtec_devt,
  switchtec_hw_mode,
  SWITCHTEC_HOLDS,
  switchtec_init,
  switchtec_slot_create,
  wiringNamed,
  type Wiring,
} from '../../drivers/switchtec/index.ts'
import { tpm_init, tpmrm_devt, VTPM_HOLDS, vtpm_hw_mode, vtpm_slot_create } from '../../drivers/tpm/index.ts'
import * as k from '../../kernel/index.ts'
import { alloc_boot } from '../../mem/arena.ts'

const SLOT = 0
const FILE = 1
const BUFFER = 2
/** A TPM command that is a header only. */
const TPM_WORDS = [0x0000_0180, 10 << 8]
const TPM_BYTES = 10
/** A command to the switch with one word of input. */
const SWITCHTEC_BYTES = 8

/** Plugs the card and opens its device. Returns 0 or a negative errno. */
function ready(words: number, slot: number, devt: () => number): number {
  const buf = alloc_boot(16)
  if (slot < 0 || buf === 0) return Math.min(slot, -ENOMEM)
  write(words + SLOT, slot)
  write(words + BUFFER, buf)
  const error = k.pci_plug(as(slot))
  if (error !== 0) return error
  const f = k.chrdev_open(devt(), k.O_RDWR)
  write(words + FILE, f)
  return Math.min(f, 0)
}

/** A Switchtec card in a wiring, plugged and open; it holds commands. */
export function switchtecOpen(words: number, wiring: string): number {
  const error = k.chardev_subsystems_init() || switchtec_init(wiringNamed(wiring) as Wiring)
  if (error !== 0) return error
  const slot = switchtec_slot_create()
  if (slot > 0) switchtec_hw_mode(k.pci_slot_hw(as(slot)), SWITCHTEC_HOLDS)
  return ready(words, slot, () => switchtec_devt(0))
}

/** A gadget behind a fence, plugged and open. */
export function gadgetOpen(words: number, fence: string): number {
  const error = k.chardev_subsystems_init() || fences_init(fenceNamed(fence) as FenceType)
  return error !== 0 ? error : ready(words, gadget_slot_create(), gadget_newest_devt)
}

/** A TPM that holds commands, plugged and open. */
export function tpmOpen(words: number): number {
  const error = k.chardev_subsystems_init() || tpm_init()
  if (error !== 0) return error
  const slot = vtpm_slot_create()
  if (slot > 0) vtpm_hw_mode(k.pci_slot_hw(as(slot)), VTPM_HOLDS)
  return ready(words, slot, () => tpmrm_devt(0))
}

/** Takes the card out: 0 or a negative errno. */
export function unplugCard(words: number): number {
  return k.pci_unplug(as(read(words + SLOT)))
}

/** echo 0000:01:00.0 > unbind. */
export function unbindCard(driver: string): number {
  return k.sysfs_write(`/sys/bus/pci/drivers/${driver}/unbind`, '0000:01:00.0')
}

/** The open file. */
function openFile(words: number): k.CharFile {
  return as(read(words + FILE))
}

/** Closes the file. */
export function closeFile(words: number): number {
  k.sys_close(openFile(words))
  return 0
}

/** Sends the switch a command. */
export function writeCommand(words: number): number {
  return k.sys_write(openFile(words), read(words + BUFFER), SWITCHTEC_BYTES)
}

/** Reads the result of a command. */
export function readResult(words: number): number {
  return k.sys_read(openFile(words), read(words + BUFFER), SWITCHTEC_BYTES)
}

/** Reads the registers of a gadget. */
export function readGadget(words: number): number {
  return k.sys_read(openFile(words), read(words + BUFFER), GADGET_READ_SIZE)
}

/** Sends a TPM command and waits for its response. */
export function writeTpm(words: number): number {
  const buf = read(words + BUFFER)
  for (const [i, word] of TPM_WORDS.entries()) write(buf + i, word)
  return k.sys_write(openFile(words), buf, TPM_BYTES)
}
