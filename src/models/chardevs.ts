/**
 * Models of character devices: an open file keeps its device whatever becomes of the cdev, a poll misses no wake-up, and
 * what is managed for a device is given back once.
 */
import { cpu_relax, fetch_add, read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { EINTR, ENXIO } from '../base/errno.ts'
import { cdev_device_add, cdev_device_del, dev_open } from '../kernel/cdev/cdev_device.ts'
import { cdev_init, register_chrdev_region } from '../kernel/cdev/cdev.ts'
import { cdev, file, file_operations, MKDEV } from '../kernel/cdev/cdev_struct.ts'
import {
  chrdev_open,
  get_file,
  open_char_files,
  sys_close,
  sys_ioctl,
  sys_poll,
} from '../kernel/cdev/chardev_file.ts'
import {
  init_poll_queue,
  poll_queue,
  poll_wait,
  POLLIN,
  POLLPRI,
  wake_up_poll,
} from '../kernel/cdev/chardev_poll.ts'
import { class_create } from '../kernel/device/class.ts'
import { device_initialize, dev_set_name, put_device } from '../kernel/device/device.ts'
import { device, device_releases } from '../kernel/device/device_struct.ts'
import { O_RDWR } from '../kernel/file.ts'
import { qstr_of, static_name } from '../kernel/static_name.ts'
import { uevent_seqnum } from '../kernel/uevent.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, struct, word } from '../mem/layout.ts'
import { send_signal } from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOver } from './family.ts'
import { bootChardevs } from './boot.ts'

const widget = struct('explored_widget', {
  dev: embed(device),
  cdev: embed(cdev),
  /** Two queues, as of answers and of events, and what has come. Atomic. */
  input: embed(poll_queue),
  events: embed(poll_queue),
  ready: word,
  news: word,
  /** Files opened and not yet released, and operations: atomic. */
  files: word,
  calls: word,
})
const { ready: READY, news: NEWS, files: FILES, calls: CALLS } = widget.offset
const DEV = widget.at.dev
const CDEV = widget.at.cdev
const INPUT = widget.at.input
const EVENTS = widget.at.events
const D = device.offset
const PRIVATE = file.offset.private_data
const NAME = static_name('explored_widget')

interface Widget extends Record<string, number> {
  readonly w: number
  readonly devt: number
  /** A file that set-up opened; 0 if none. */
  readonly file: number
  /** Uevents that have been sent when set-up is over. */
  readonly heard: number
  /** One word per CPU: what its system call returned. */
  readonly answers: number
}
type Body = (s: Widget) => void

const gone = device_releases.define('explored_widget', (dev) => {
  const w = widget.of.dev(dev)
  check(READ_ONCE(w + FILES) === 0, 'the device is released while a file is open')
  trace_free(w, widget.words, widget.name)
})

const fops = file_operations.define('explored_widget', {
  open(cd, f) {
    const w = widget.of.cdev(cd)
    fetch_add(w + FILES, 1)
    write(f + PRIVATE, w)
    return 0
  },
  release(f) {
    fetch_add(read(f + PRIVATE) + FILES, -1)
  },
  ioctl: (f) => fetch_add(read(f + PRIVATE) + CALLS, 1),
  poll(f, table) {
    const w = read(f + PRIVATE)
    poll_wait(INPUT(as(w)), table)
    poll_wait(EVENTS(as(w)), table)
    return (READ_ONCE(w + READY) > 0 ? POLLIN : 0) | (READ_ONCE(w + NEWS) > 0 ? POLLPRI : 0)
  },
})

function setup(open: boolean, added = true): (scene: Scene) => Widget {
  return (scene) => {
    bootChardevs()
    const w = scene.name(alloc_boot(widget.words), 'w', widget)
    const dev = DEV(as(w))
    device_initialize(dev)
    const devt = MKDEV(register_chrdev_region(), 0)
    write(dev + D.class, class_create(qstr_of(NAME)))
    write(dev + D.release, gone)
    dev_set_name(dev, qstr_of(NAME))
    init_poll_queue(INPUT(as(w)))
    init_poll_queue(EVENTS(as(w)))
    cdev_init(CDEV(as(w)), fops)
    write(dev + D.major, devt >>> 20)
    check(!added || cdev_device_add(CDEV(as(w)), dev) === 0, 'cdev_device_add')
    const f = open ? chrdev_open(devt, O_RDWR) : 0
    check(f >= 0, 'chrdev_open')
    return { w, devt, file: f, heard: uevent_seqnum(), answers: scene.name(alloc_boot(3), 'answers', 3) }
  }
}

/** Opens, calls, closes; before, during or after the removal. */
function opener({ devt }: Widget): void {
  const f = chrdev_open(devt, O_RDWR)
  check(f > 0 || f === -ENXIO, `chrdev_open returned ${f}`)
  if (f < 0) return
  sys_ioctl(as(f), 0, 0)
  sys_close(as(f))
}
/** The driver makes it known. */
const adder: Body = ({ w }) => check(cdev_device_add(CDEV(as(w)), DEV(as(w))) === 0, 'cdev_device_add')
/** Opens it by name as soon as there is word of it. */
function hearer({ heard }: Widget): void {
  while (uevent_seqnum() === heard) cpu_relax()
  const f = dev_open(qstr_of(NAME), O_RDWR)
  check(f > 0, `dev_open returned ${f} after the uevent`)
  sys_close(as(f))
}
/** Has the file open already. */
function holder({ file: f }: Widget): void {
  sys_ioctl(as(f), 0, 0)
  sys_close(as(f))
}
/** WRONG: goes on with a file that has been closed. */
function forgetful({ file: f }: Widget): void {
  sys_close(as(f))
  sys_ioctl(as(f), 0, 0)
}
/** The driver leaves; the last put may be another's. */
function remover({ w }: Widget): void {
  cdev_device_del(CDEV(as(w)), DEV(as(w)))
  put_device(DEV(as(w)))
}
const closed: Body = () => check(open_char_files() === 0, `${open_char_files()} files are left`)

function shared(scene: Scene): Widget {
  const s = setup(true)(scene)
  get_file(as(s.file))
  return s
}

/** Waits for ever for one of both. */
function poller(cpu: number): Body {
  return function poll({ file: f, answers }) {
    write(answers + cpu, sys_poll(as(f), POLLIN | POLLPRI))
  }
}
/** Waits for an answer; events do not interest it. */
function answered(cpu: number): Body {
  return function poll({ file: f, answers }) {
    write(answers + cpu, sys_poll(as(f), POLLIN))
  }
}
function answer({ w }: Widget): void {
  WRITE_ONCE(w + READY, 1)
  wake_up_poll(INPUT(as(w)))
}
function event({ w }: Widget): void {
  WRITE_ONCE(w + NEWS, 1)
  wake_up_poll(EVENTS(as(w)))
}
function eventThenAnswer(s: Widget): void {
  event(s)
  answer(s)
}
/** WRONG: wakes before there is anything to see. */
function hastyAnswer({ w }: Widget): void {
  wake_up_poll(INPUT(as(w)))
  WRITE_ONCE(w + READY, 1)
}
const signaller: Body = () => send_signal(0)
function ready({ answers }: Widget): void {
  check((read(answers) & (POLLIN | POLLPRI)) !== 0, `poll returned ${read(answers)}`)
}
function both(s: Widget): void {
  check(read(s.answers) === POLLIN && read(s.answers + 1) === POLLIN, 'a poll returned something else')
}
function ended({ answers }: Widget): void {
  check(read(answers) === POLLIN || read(answers) === -EINTR, `poll returned ${read(answers)}`)
}

const common = { maxSteps: 3000, arenaWords: 1 << 18, fold: ['mem', 'sync'] } as const
const model = familyOver<Widget, (scene: Scene) => Widget>((setup) => setup, common)

/** Models of cdevs, their files and poll. */
export const chardevs: readonly Model[] = [
  model('cdev-add', 'cdev_device_add ‖ open by name after its uevent', setup(false, false), [adder, hearer], {
    finish: closed,
    bound: 1,
  }),
  model(
    'cdev-open',
    'open, ioctl, close ‖ cdev_device_del and the last put',
    setup(false),
    [opener, remover],
    { finish: closed },
  ),
  model('cdev-last-close', 'the last close ‖ cdev_device_del and put', setup(true), [holder, remover], {
    finish: closed,
  }),
  model(
    'cdev-shared',
    'two close a file they share ‖ cdev_device_del and put',
    shared,
    [holder, holder, remover],
    { finish: closed },
  ),
  model('cdev-closed', 'WRONG: a file is used after its last close', setup(true), [forgetful, remover], {
    expect: 'use after free',
  }),
  model(
    'poll',
    'poll of two queues ‖ a wake-up of the one ‖ of the other',
    setup(true),
    [poller(0), answer, event],
    { finish: ready, bound: 3 },
  ),
  model(
    'poll-2',
    'two poll for an answer ‖ an event, then the answer',
    setup(true),
    [answered(0), answered(1), eventThenAnswer],
    { finish: both, bound: 2 },
  ),
  model('poll-signal', 'poll ‖ a signal ‖ the answer', setup(true), [answered(0), signaller, answer], {
    finish: ended,
  }),
  model(
    'poll-hasty',
    'WRONG: woken before there is anything to see',
    setup(true),
    [answered(0), hastyAnswer],
    { expect: 'deadlock' },
  ),
]
