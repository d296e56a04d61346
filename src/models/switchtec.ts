/**
 * Models of the Switchtec driver's fences: a read that waits for the hardware, and the timer, beside the removal of the card.
 * What each wiring of the thread of March 2017 must show is in the table at the end.
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { EBADE, ENODEV } from '../base/errno.ts'
import {
  SWITCHTEC_HOLDS,
  switchtec_dev,
  switchtec_devt,
  switchtec_hw_answer,
  switchtec_hw_mode,
  switchtec_init,
  switchtec_slot_create,
  wiringNamed,
  type Wiring,
} from '../drivers/switchtec/index.ts'
import { chrdev_open, sys_close, sys_read, sys_write } from '../kernel/cdev/chardev_file.ts'
import { delayed_work_pending, run_timers } from '../kernel/delayed_work.ts'
import { dev_get_drvdata } from '../kernel/device/device.ts'
import { handle_one_irq } from '../kernel/irq.ts'
import { pci_dev } from '../kernel/pci/pci_struct.ts'
import { process_one_work } from '../kernel/workqueue.ts'
import { O_RDWR } from '../kernel/file.ts'
import { pci_plug, pci_slot_dev, pci_slot_hw, pci_surprise, pci_unplug } from '../kernel/pci/pci.ts'
import { serve_pending } from '../kernel/service.ts'
import { alloc_boot } from '../mem/arena.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOfMembers } from './family.ts'
import { bootChardevs } from './boot.ts'

interface Card extends Record<string, number> {
  readonly slot: number
  readonly file: number
  readonly buf: number
  readonly answer: number
}

type Body = (s: Card) => void

const COMMAND_BYTES = 8

/** A card that holds commands and an open file, which has sent one, with the timer armed, or none. */
function setup(wiring: string, sent = true): (scene: Scene) => Card {
  return (scene) => {
    bootChardevs()
    check(switchtec_init(wiringNamed(wiring) as Wiring) === 0, 'switchtec_init')
    const slot = switchtec_slot_create()
    check(slot > 0 && pci_plug(as(slot)) === 0, 'no card')
    switchtec_hw_mode(pci_slot_hw(as(slot)), SWITCHTEC_HOLDS)
    const file = chrdev_open(switchtec_devt(0), O_RDWR)
    const buf = scene.name(alloc_boot(16), 'buf', 16)
    write(buf, 7)
    check(file > 0, 'no file')
    check(!sent || sys_write(as(file), buf, COMMAND_BYTES) === COMMAND_BYTES, 'no command')
    return { slot, file, buf, answer: scene.name(alloc_boot(1), 'answer') }
  }
}

/** Waits for the answer that does not come. */
const reader: Body = ({ file, buf, answer }) => write(answer, sys_read(as(file), buf, COMMAND_BYTES))

/** Closes the file whose command is on its way. */
const closer: Body = ({ file }) => sys_close(as(file))

/** Sends a command. */
const writer: Body = ({ file, buf, answer }) => write(answer, sys_write(as(file), buf, COMMAND_BYTES))

/** The timer has gone off, and a worker serves it. */
const timer: Body = () => serve_pending(Infinity)

const unplug: Body = ({ slot }) => pci_unplug(as(slot))

/** Takes the card first, and tells the driver then. */
const pull: Body = ({ slot }) => pci_surprise(as(slot))

function unplugThenTimer(s: Card): void {
  unplug(s)
  timer(s)
}

/** Two commands are sent. */
function twoQueued(wiring: string): (scene: Scene) => Card {
  return (scene) => {
    const card = setup(wiring)(scene)
    const second = chrdev_open(switchtec_devt(0), O_RDWR)
    check(second > 0 && sys_write(as(second), card.buf, COMMAND_BYTES) === COMMAND_BYTES, 'no command')
    return card
  }
}

/** The same; the card has done the first, and said so. */
function queued(wiring: string): (scene: Scene) => Card {
  return (scene) => {
    const card = twoQueued(wiring)(scene)
    switchtec_hw_answer(pci_slot_hw(as(card.slot)))
    return { ...card, stdev: dev_get_drvdata(pci_dev.at.dev(pci_slot_dev(as(card.slot)))) }
  }
}
function interrupt(): void {
  handle_one_irq()
  process_one_work()
}
function timerOnce(): void {
  run_timers(Infinity)
  process_one_work()
}
/** Should the interrupt of the second command get lost, the timer will find its result. */
function watched({ stdev = 0 }: Card): void {
  check(
    delayed_work_pending(switchtec_dev.at.mrpc_timeout(as(stdev))),
    'a command runs, and no timer watches it',
  )
}

function written({ answer }: Card): void {
  check([COMMAND_BYTES, -ENODEV].includes(read(answer)), `the write returned ${read(answer)}`)
}

function told({ answer }: Card): void {
  check([-ENODEV, -EBADE].includes(read(answer)), `the read returned ${read(answer)}`)
}

const common = { maxSteps: 3000, arenaWords: 1 << 18, fold: ['mem', 'sync', 'kernel'] } as const
const removal = familyOfMembers<Card>(setup, common, 'switchtec-')

const READ: readonly (readonly [wiring: string, more: Partial<Model<Card>>])[] = [
  ['v3', { expect: 'deadlock' }],
  ['v4', { expect: 'oops' }],
  ['v5', { expect: 'deadlock' }],
  ['v6', {}],
  ['repaired', {}],
]

const TIMER: readonly (readonly [wiring: string, more: Partial<Model<Card>>])[] = [
  ['v6', { bound: 1 }],
  ['repaired', { bound: 1 }],
  ['reversed', { expect: 'deadlock' }],
]

const WRITE: readonly (readonly [wiring: string, more: Partial<Model<Card>>])[] = [
  ['v6', { expect: 'oops' }],
  ['repaired', { expect: 'oops' }],
  ['hardened', { bound: 1 }],
]

const LATE: readonly (readonly [wiring: string, more: Partial<Model<Card>>])[] = [
  ['v6', { expect: 'assertion' }],
  ['repaired', { expect: 'assertion' }],
  ['hardened', { bound: 2 }],
]

const TWO: readonly (readonly [wiring: string, more: Partial<Model<Card>>])[] = [
  ['v5', { expect: 'oops' }],
  ['v6', { bound: 1 }],
]

/** Models of the fences. */
export const switchtecs: readonly Model[] = [
  ...READ.map(([wiring, more]) =>
    removal('read', wiring, 'a read waits for the hardware ‖ the card goes', [reader, unplug], {
      finish: told,
      ...more,
    }),
  ),
  removal('pull', 'v6', 'a read waits for the hardware ‖ the card is pulled out', [reader, pull], {
    finish: told,
  }),
  ...WRITE.map(([wiring, more]) =>
    removal(
      'write',
      wiring,
      'a command is sent ‖ the card goes, then the timer goes off',
      [writer, unplugThenTimer],
      { setup: setup(wiring, false), finish: written, ...more },
    ),
  ),
  ...LATE.map(([wiring, more]) =>
    removal(
      'late',
      wiring,
      'the interrupt of a command ‖ its timer, with another command queued',
      [interrupt, timerOnce],
      { setup: queued(wiring), finish: watched, ...more },
    ),
  ),
  ...TWO.map(([wiring, more]) =>
    removal(
      'two',
      wiring,
      'two commands wait ‖ the card goes, then the timer goes off',
      [reader, unplugThenTimer],
      { setup: twoQueued(wiring), finish: told, ...more },
    ),
  ),
  removal(
    'close',
    'v6',
    'a file is closed whose command is done ‖ the interrupt says so',
    [closer, interrupt],
    { setup: queued('v6'), bound: 1 },
  ),
  ...TIMER.map(([wiring, more]) =>
    removal('timer', wiring, 'the timer of a command goes off ‖ the card goes', [timer, unplug], more),
  ),
]
