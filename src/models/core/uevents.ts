/**
 * Models of uevents: numbers are given once, records are read whole or not at all, also when the ring wraps under a reader or
 * under somebody who is still writing.
 */
import { read, READ_ONCE, write } from '#access'
import { as } from '../../base/addr.ts'
import { kobject_get, kobject_init, kobject_set_name } from '../../kernel/device/kobject.ts'
import { kobj_types, kobject } from '../../kernel/device/kobject_struct.ts'
import { kset_create_and_add } from '../../kernel/device/kset.ts'
import { qstr_copy, uuid_text } from '../../kernel/qstr.ts'
import { kobject_uevent } from '../../kernel/uevent.ts'
import {
  KOBJ_CHANGE,
  KOBJ_MOVE,
  UEVENT_ACTION,
  uevent_count,
  UEVENT_DEPTH,
  UEVENT_PATH,
  uevent_records,
  UEVENT_RING,
  type UeventRecord,
} from '../../kernel/uevent_record.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { ring_claim, ring_commit, ring_payload } from '../../mem/ring.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { BOOTED, must, nameOf } from './world.ts'
import { twice } from '../bodies.ts'

interface Sent extends Record<string, number> {
  /** Two objects of a kset, which are in no directory. */
  readonly one: number
  readonly two: number
  /** Events before the bodies. */
  readonly before: number
}

type Body = (s: Sent) => void

const UEVENTS = rootAddr('uevent')
const ktype = kobj_types.define('explored_sender', { release() {} })

function sender(scene: Scene, name: string, n: number, set: number): number {
  const kobj = as<'kobject'>(scene.name(alloc_boot(kobject.words), name, kobject))
  kobject_init(kobj, ktype)
  kobject_set_name(kobj, nameOf(n))
  write(kobj + kobject.offset.kset, set)
  return kobj
}

function setup(secondOrder: boolean, records: number): (scene: Scene) => Sent {
  return (scene) => {
    bootKernel(secondOrder, records)
    const set = must<'kset'>('kset', kset_create_and_add(nameOf(9), 0, as(0)))
    return { one: sender(scene, 'one', 1, set), two: sender(scene, 'two', 2, set), before: uevent_count() }
  }
}

/** `one` changes, `two` moves: of what another has written a record would say otherwise. */
const change: Body = ({ one }) => kobject_uevent(as(one), KOBJ_CHANGE)

const move: Body = ({ two }) => kobject_uevent(as(two), KOBJ_MOVE)

function whole({ action, devpath }: UeventRecord): void {
  const path = `/${uuid_text(action === 'change' ? 1 : 2, 0, 0, 0)}`
  check(['change', 'move'].includes(action) && devpath === path, `a record says ${action} of ${devpath}`)
}

function reader({ before }: Sent): void {
  for (const record of uevent_records(before)) whole(record)
}

/** A record that has been read once does not change. */
function reread({ before }: Sent): void {
  const last = uevent_records(before + 1)[0]
  const again = uevent_records(before + 1)[0]
  check(last === undefined || again === undefined || last.seqnum === again.seqnum, 'a record was changed')
}

/** WRONG: makes a record visible before it is written. */
function early({ one }: Sent): void {
  const ring = READ_ONCE(read(UEVENTS) + UEVENT_RING)
  const claim = ring_claim(ring)
  ring_commit(ring, claim)
  kobject_get(as(one))
  const at = ring_payload(ring, claim)
  write(at + UEVENT_ACTION, KOBJ_CHANGE)
  write(at + UEVENT_DEPTH, 1)
  qstr_copy(as(at + UEVENT_PATH), as(one + kobject.offset.name))
}

/** All that the ring still holds is whole, and with the lock it is in order. */
function finish(secondOrder: boolean, records: number): (s: Sent) => void {
  return ({ before }) => {
    const there = uevent_records(before)
    for (const record of there) whole(record)
    const numbers = there.map(({ seqnum }) => seqnum)
    check(new Set(numbers).size === numbers.length, `numbers ${numbers.join(' ')}`)
    check(
      !secondOrder || numbers.join() === numbers.toSorted((a, b) => a - b).join(),
      `order ${numbers.join(' ')}`,
    )
    const sent = uevent_count() - before
    check(sent > records || there.length === sent, `${there.length} records of ${sent}`)
  }
}

/** A reader looks at a record that may just be written, then at its number again: races, with which DPOR would miss schedules. */
const READ: Partial<Model<Sent>> = { races: false, bound: 3 }

/** Name, what runs, records of the ring, the CPUs. */
const RACES: readonly (readonly [string, string, number, readonly Body[], Partial<Model<Sent>>?])[] = [
  ['send', 'two uevents', 8, [change, move]],
  ['send-3', 'three uevents', 8, [change, move, twice(change)], { bound: 2 }],
  ['read', 'two uevents ‖ a reader', 8, [change, move, reader], READ],
  ['wrap', 'two uevents in a ring of one record', 1, [change, move]],
  ['wrap-read', 'two uevents in a ring of one record ‖ a reader', 1, [change, move, reread], READ],
  [
    'control',
    'WRONG: a record is made visible before it is written ‖ a reader',
    8,
    [early, reader],
    { ...READ, expect: 'assertion' },
  ],
]

/** Models of uevents with their mutex and without. */
export const ueventModels: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, records, cpus, more]) =>
    defineModel<Sent>({
      name: `uevent-${name}:${secondOrder ? 'global' : 'sharded'}`,
      summary: `${what}; ${secondOrder ? 'with' : 'without'} uevent_sock_mutex`,
      setup: setup(secondOrder, records),
      cpus,
      finish: finish(secondOrder, records),
      ...BOOTED,
      ...more,
    }),
  ),
)
