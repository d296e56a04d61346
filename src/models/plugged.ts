/**
 * Models of whole devices whose card goes: a poll of a gadget under every fence, and files of a TPM.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { EINTR } from '../base/errno.ts'
import {
  fenceNamed,
  FENCES,
  fences_init,
  gadget_counts,
  gadget_newest_devt,
  gadget_slot_create,
  type FenceType,
} from '../fences/index.ts'
import {
  tpm_counts,
  tpm_init,
  tpmrm_devt,
  vtpm_hw_mode,
  VTPM_ANSWERS,
  VTPM_HOLDS,
  vtpm_slot_create,
} from '../drivers/tpm/index.ts'
import {
  chrdev_open,
  O_NONBLOCK,
  sys_close,
  sys_poll,
  sys_read,
  sys_write,
} from '../kernel/cdev/chardev_file.ts'
import { POLL_GONE, POLLERR, POLLHUP, POLLPRI } from '../kernel/cdev/chardev_poll.ts'
import { O_RDWR } from '../kernel/file.ts'
import { pci_plug, pci_slot_hw, pci_unplug } from '../kernel/pci/pci.ts'
import { process_one_work } from '../kernel/workqueue.ts'
import { alloc_boot } from '../mem/arena.ts'
import { clear_signal } from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOver } from './family.ts'
import { bootChardevs } from './boot.ts'

interface Plugged extends Record<string, number> {
  readonly slot: number
  readonly file: number
  readonly buf: number
  /** What the user's system call returned. */
  readonly answer: number
}
type Body = (s: Plugged) => void

const BUFFER_WORDS = 32
/** A TPM command that is a header only, and its bytes. */
const TPM_WORDS = [0x0000_0180, 10 << 8]
const TPM_BYTES = 10

function open(scene: Scene, slot: number, devt: () => number, flags: number): Plugged {
  check(slot > 0 && pci_plug(as(slot)) === 0, 'no card')
  const file = chrdev_open(devt(), flags)
  check(file > 0, 'no file')
  return {
    slot,
    file,
    buf: scene.name(alloc_boot(BUFFER_WORDS), 'buf', BUFFER_WORDS),
    answer: scene.name(alloc_boot(1), 'answer'),
  }
}

function gadgetSetup(fence: string): (scene: Scene) => Plugged {
  return (scene) => {
    bootChardevs()
    check(fences_init(fenceNamed(fence) as FenceType) === 0, 'fences_init')
    return open(scene, gadget_slot_create(), gadget_newest_devt, O_RDWR)
  }
}

/** A TPM whose file has sent a command, without waiting for it; the card answers it, or holds it. */
function tpmSetup(mode: number, done: boolean): (scene: Scene) => Plugged {
  return (scene) => {
    bootChardevs()
    check(tpm_init() === 0, 'tpm_init')
    const s = open(scene, vtpm_slot_create(), () => tpmrm_devt(0), O_RDWR | O_NONBLOCK)
    vtpm_hw_mode(pci_slot_hw(as(s.slot)), mode)
    for (const [i, word] of TPM_WORDS.entries()) write(s.buf + i, word)
    check(sys_write(as(s.file), s.buf, TPM_BYTES) === TPM_BYTES, 'no command')
    if (done) check(process_one_work(), 'no work')
    return s
  }
}

const unplug: Body = ({ slot }) => pci_unplug(as(slot))
/** Polls for what never comes; a process that is killed closes its file. */
function poller({ file, answer }: Plugged): void {
  write(answer, sys_poll(as(file), POLLPRI | POLL_GONE))
  clear_signal()
  sys_close(as(file))
}
const worker: Body = () => process_one_work()
const closer: Body = ({ file }) => sys_close(as(file))
function reader({ file, buf, answer }: Plugged): void {
  write(answer, sys_read(as(file), buf, BUFFER_WORDS * 4))
  sys_close(as(file))
}

function toldGone({ answer }: Plugged): void {
  const says = read(answer)
  check(says === -EINTR || (says & (POLLERR | POLLHUP)) !== 0, `poll returned ${says}`)
  const { gadgets, files, late } = gadget_counts()
  check(gadgets + files + late === 0, 'a gadget or a file is left, or an operation was late')
}
function nothingLeft(): void {
  const { chips, files, lowers, late } = tpm_counts()
  check(chips + files + lowers + late === 0, 'a chip or a file is left, or an operation was late')
}
function readReady({ answer }: Plugged): void {
  check(read(answer) === TPM_BYTES, `the read returned ${read(answer)}`)
  nothingLeft()
}

const common = { maxSteps: 4000, arenaWords: 1 << 19, fold: ['mem', 'sync', 'kernel'] } as const
const model = familyOver<Plugged, (scene: Scene) => Plugged>((setup) => setup, common)

/** Nobody tells who polls without a limit, or the kill waits for it: it sleeps for ever. Or a poll reads what is no longer there. */
function pollEnds({ strong, wakes, gone_mask = POLL_GONE }: FenceType): Partial<Model<Plugged>> {
  const told = wakes && (gone_mask & (POLLERR | POLLHUP)) !== 0
  if (!told) return { expect: 'deadlock' }
  return strong ? { bound: 1 } : { expect: 'assertion' }
}

/** Models of devices whose card goes. */
export const plugged: readonly Model[] = [
  ...FENCES.map((type) =>
    model(
      `fence-poll:${type.name}`,
      `a poll without a limit ‖ the card goes (${type.name})`,
      gadgetSetup(type.name),
      [poller, unplug],
      { finish: toldGone, ...pollEnds(type) },
    ),
  ),
  model(
    'tpm-read',
    'a response that is there is read ‖ the card goes',
    tpmSetup(VTPM_ANSWERS, true),
    [reader, unplug],
    { finish: readReady, bound: 1 },
  ),
  model(
    'tpm-async',
    'a command sent without waiting ‖ the card goes',
    tpmSetup(VTPM_HOLDS, false),
    [worker, unplug, closer],
    { finish: nothingLeft, bound: 1 },
  ),
]
