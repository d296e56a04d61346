/**
 * Layout of a uevent in the ring, and its text. The main thread reads events back from here, after the run or live.
 *
 * Source   lib/kobject_uevent.c (keys and their order)
 */
import { read, READ_ONCE } from '#access'
import { as } from '../base/addr.ts'
import { ring_head, ring_records, rootAddr, textOf } from '../mem/index.ts'
import { name_text, qstr } from './qstr.ts'

export const KOBJ_ADD = 0
export const KOBJ_REMOVE = 1
export const KOBJ_CHANGE = 2
export const KOBJ_MOVE = 3
export const KOBJ_ONLINE = 4
export const KOBJ_OFFLINE = 5
export const KOBJ_BIND = 6
export const KOBJ_UNBIND = 7
/** Texts of the actions, by number. */
export const KOBJ_ACTIONS = [
  'add',
  'remove',
  'change',
  'move',
  'online',
  'offline',
  'bind',
  'unbind',
] as const

/** Word offsets in a record's payload. */
export const UEVENT_SEQNUM = 0
export const UEVENT_ACTION = 1
/** String id. */
export const UEVENT_SUBSYSTEM = 2
/** String id of `KEY=VALUE`, 0 for none. */
export const UEVENT_ENV = 3
export const UEVENT_MAJOR = 4
export const UEVENT_MINOR = 5
/** Name of the driver, a qstr. */
export const UEVENT_DRIVER = 6
/** Name of the device node, a qstr. */
export const UEVENT_DEVNAME = UEVENT_DRIVER + qstr.words
/** Number of names in the path. */
export const UEVENT_DEPTH = UEVENT_DEVNAME + qstr.words
/** Names of the path, the object's own first. */
export const UEVENT_PATH = UEVENT_DEPTH + 1
/** Deepest path a record holds. */
export const UEVENT_PATH_MAX = 10
export const UEVENT_WORDS = UEVENT_PATH + UEVENT_PATH_MAX * qstr.words

/** A uevent, read back. */
export interface UeventRecord {
  readonly seqnum: number
  readonly action: string
  readonly devpath: string
  readonly subsystem: string
  /** All `KEY=VALUE` in the order of the kernel, ACTION first and SEQNUM last. */
  readonly env: readonly string[]
}

const ROOT = rootAddr('uevent')
/** Word of the globals that holds the ring. */
export const UEVENT_RING = 0

/** Uevents from record `from` on that are still there, in the order of the ring. Allocates. */
export function uevent_records(from = 0): UeventRecord[] {
  return ring_records(READ_ONCE(read(ROOT) + UEVENT_RING), from, (_, at) => decode(at))
}

/** Number of uevents sent so far. */
export function uevent_count(): number {
  return ring_head(READ_ONCE(read(ROOT) + UEVENT_RING))
}

function decode(at: number): UeventRecord {
  const names = Array.from({ length: read(at + UEVENT_DEPTH) }, (_, i) =>
    name_text(as(at + UEVENT_PATH + i * qstr.words)),
  )
  const devpath = `/${names.toReversed().join('/')}`
  const action = KOBJ_ACTIONS[read(at + UEVENT_ACTION)] ?? ''
  const subsystem = textOf(read(at + UEVENT_SUBSYSTEM))
  const seqnum = read(at + UEVENT_SEQNUM)
  const env = [`ACTION=${action}`, `DEVPATH=${devpath}`, `SUBSYSTEM=${subsystem}`]
  const extra = textOf(read(at + UEVENT_ENV))
  if (extra !== '') env.push(extra)
  env.push(...deviceEnv(at), `SEQNUM=${seqnum}`)
  return { seqnum, action, devpath, subsystem, env }
}

function deviceEnv(at: number): string[] {
  const env: string[] = []
  if (read(at + UEVENT_MAJOR) !== 0) {
    env.push(`MAJOR=${read(at + UEVENT_MAJOR)}`, `MINOR=${read(at + UEVENT_MINOR)}`)
    env.push(`DEVNAME=${name_text(as(at + UEVENT_DEVNAME))}`)
  }
  if (read(at + UEVENT_DRIVER) !== 0) env.push(`DRIVER=${name_text(as(at + UEVENT_DRIVER))}`)
  return env
}
