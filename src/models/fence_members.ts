/**
 * Models of every fence behind the small interface: an operation beside the kill, a sleeper beside both its halves with a word to
 * the sleepers between, files that are opened and closed meanwhile. Strong members hold; the controls must fail.
 */
import { named } from './bodies.ts'
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { EINTR, EIO, ENODEV, ENXIO, EPIPE, ETIME } from '../base/errno.ts'
import { hashName } from '../base/ops.ts'
import { fence_domains_init } from '../fences/domains.ts'
import {
  fence_enter,
  fence_init,
  fence_kill_begin,
  fence_kill_wait,
  fence_late,
  fence_leave,
  fence_open,
  fence_release,
  fence_wake,
} from '../fences/fence.ts'
import { fence_wait } from '../fences/fence_sleep.ts'
import { fence, fence_file, type FenceFile, type FenceType } from '../fences/fence_struct.ts'
import { FENCES } from '../fences/list.ts'
import { alloc_boot } from '../mem/arena.ts'
import { clear_signal, NEVER } from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { familyOfMembers } from './family.ts'

interface Fenced extends Record<string, number> {
  readonly f: number
  /** An open file per CPU. */
  readonly files: number
  /** The lower driver's memory: gone after the kill. */
  readonly lower: number
  /** One word per CPU: what its wait returned. */
  readonly answers: number
}
type Body = (s: Fenced) => void

const LOWER_WORDS = 4
const GONE = [-ENXIO, -ENODEV, -EPIPE, -EIO, -EINTR]

function setup(name: string): (scene: Scene) => Fenced {
  return (scene) => {
    check(fence_domains_init() === 0, 'fence_domains_init')
    const f = scene.name(alloc_boot(fence.words), 'fence', fence)
    const files = alloc_boot(2 * fence_file.words)
    for (let i = 0; i < 2; i++) scene.name(files + i * fence_file.words, `file_${i}`, fence_file)
    check(fence_init(as(f), hashName(name)) === 0, 'fence_init')
    return {
      f,
      files,
      lower: scene.name(alloc_boot(LOWER_WORDS), 'lower', LOWER_WORDS),
      answers: scene.name(alloc_boot(3), 'answers', 3),
    }
  }
}

function fileOf({ files }: Fenced, cpu: number): FenceFile {
  return as(files + cpu * fence_file.words)
}

/** Opens a file and does `what` with it; a process that is killed closes its files. */
function process(cpu: number, name: string, what: (s: Fenced, cpu: number) => void): Body {
  return named(name, (s: Fenced): void => {
    const file = fileOf(s, cpu)
    const error = fence_open(as(s.f), file)
    check(error === 0 || error === -ENXIO, `fence_open returned ${error}`)
    if (error !== 0) return
    what(s, cpu)
    clear_signal()
    fence_release(file)
  })
}

/** Calls the lower driver, which uses a word of its own per CPU. */
function call(s: Fenced, cpu: number): void {
  const { lower } = s
  const token = fence_enter(fileOf(s, cpu))
  if (token < 0) {
    check(GONE.includes(token), `fence_enter returned ${token}`)
    return
  }
  write(lower + cpu, read(lower + cpu) + 1)
  fence_leave(fileOf(s, cpu), token)
}

/** Waits in the device for what never comes. */
function sleep(s: Fenced, cpu: number, timeoutNs = NEVER): void {
  const { lower, answers } = s
  const entered = fence_enter(fileOf(s, cpu))
  if (entered < 0) return
  const result = fence_wait(fileOf(s, cpu), entered, (at) => read(at) < 0, lower, timeoutNs)
  check(result < 0, 'the wait ended without a reason')
  write(answers + cpu, result)
}

const caller = (cpu: number): Body => process(cpu, 'caller', call)
const sleeper = (cpu: number): Body => process(cpu, 'sleeper', sleep)
/** Sleeps for a while only. */
const napper = (cpu: number): Body => process(cpu, 'napper', (s) => sleep(s, cpu, 5_000))
const idler = (cpu: number): Body => process(cpu, 'idler', () => {})

/** Unregistration, as gadget_unregister has it; then the lower driver is gone. */
function closer({ f, lower }: Fenced): void {
  fence_kill_begin(as(f))
  fence_wake(as(f))
  fence_kill_wait(as(f))
  trace_free(lower, LOWER_WORDS, 'lower')
}

/** WRONG: does not tell the sleepers. */
function silentCloser({ f }: Fenced): void {
  fence_kill_begin(as(f))
  fence_kill_wait(as(f))
}

function nothingLate({ f }: Fenced): void {
  check(fence_late(as(f)) === 0, 'an operation ran after the fence')
  check(read(f + fence.offset.files) === 0, 'a file or an operation is left')
}
/** Whoever slept was told that the device is gone. */
function told(s: Fenced): void {
  nothingLate(s)
  const answer = read(s.answers)
  check(answer === 0 || GONE.includes(answer), `the sleeper was told ${answer}`)
}
function toldOrTired(s: Fenced): void {
  nothingLate(s)
  const answer = read(s.answers)
  check(answer === 0 || answer === -ETIME || GONE.includes(answer), `the sleeper was told ${answer}`)
}

const common = { finish: nothingLate, arenaWords: 1 << 14, maxSteps: 2000, fold: ['mem', 'sync'] }
const model = familyOfMembers<Fenced>(setup, common, 'fence-')

/** A sleeper whom nobody wakes, and who never looks. */
const forgotten = ({ wakes, looks }: FenceType): boolean => !wakes && looks !== true

function always(type: FenceType): Model[] {
  const { name, strong } = type
  const fails = strong ? {} : ({ expect: 'use after free' } as const)
  const stays = strong && forgotten(type) ? ({ expect: 'deadlock' } as const) : fails
  return [
    model('call', name, 'an operation ‖ kill', [caller(0), closer], fails),
    model('sleep', name, 'a sleeper ‖ kill and word to it', [sleeper(0), closer], { finish: told, ...stays }),
  ]
}

function ifStrong(name: string): Model[] {
  return [
    model('call-3', name, 'two operations ‖ kill', [caller(0), caller(1), closer], { bound: 2 }),
    model('nap', name, 'one who sleeps for a while ‖ kill and word to it', [napper(0), closer], {
      finish: toldOrTired,
      earlyTimeouts: 1,
      bound: 3,
    }),
  ]
}

function ifWaiting(name: string): Model {
  return model('files', name, 'two open and close ‖ kill', [idler(0), idler(1), closer], { bound: 2 })
}

/** Models of the members. */
export const fenceMembers: readonly Model[] = [
  ...FENCES.flatMap((type) => [
    ...always(type),
    ...(type.strong ? ifStrong(type.name) : []),
    ...(type.waits ? [ifWaiting(type.name)] : []),
  ]),
  model('untold', 'rwsem', 'WRONG: a sleeper ‖ kill, and nobody tells it', [sleeper(0), silentCloser], {
    expect: 'deadlock',
  }),
]
