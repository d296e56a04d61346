/**
 * Models of refcount, kref and percpu_ref: the object ends once, after its last user, and not before.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import { embed, ptr, struct, word } from '../mem/layout.ts'
import {
  kref_get,
  kref_get_unless_zero,
  kref_init,
  kref_put,
  kref_put_mutex,
  mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  percpu_ref,
  percpu_ref_init,
  percpu_ref_kill,
  percpu_ref_put,
  percpu_ref_reinit,
  percpu_ref_tryget_live,
  percpu_ref_wait,
} from '../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'
import { twice } from './bodies.ts'

const thing = struct('explored_thing', { kref: word, data: word })
const table = struct('explored_table', { lock: embed(mutex), slot: ptr('explored_thing') })
const DATA = thing.offset.data
const SLOT = table.offset.slot
const lock_of = table.at.lock

interface Thing extends Record<string, number> {
  readonly thing: number
}

function release(k: number): void {
  trace_free(k, thing.words, thing.name)
}

function thingSetup(references: number): (scene: Scene) => Thing {
  return (scene) => {
    const t = scene.name(alloc_boot(thing.words), 'thing', thing)
    kref_init(as(t))
    for (let i = 1; i < references; i++) kref_get(as(t))
    return { thing: t }
  }
}

/** Uses the object with a reference in hand, then drops it. */
function user({ thing: t }: Thing): void {
  read(t + DATA)
  kref_put(as(t), release)
}

/** Passes a second reference on, then drops both. */
function doubleUser({ thing: t }: Thing): void {
  kref_get(as(t))
  read(t + DATA)
  kref_put(as(t), release)
  kref_put(as(t), release)
}

interface Table extends Thing {
  readonly table: number
}

function tableSetup(scene: Scene): Table {
  const at = scene.name(alloc_boot(table.words), 'table', table)
  const { thing: t } = thingSetup(1)(scene)
  mutex_init(lock_of(as(at)), 'table->lock')
  write(at + SLOT, t)
  return { table: at, thing: t }
}

/** Takes the object out of the table, with the table's lock held, when the last reference goes. */
function removal({ table: at, thing: t }: Table): void {
  const unlink = (k: number): void => {
    write(at + SLOT, 0)
    mutex_unlock(lock_of(as(at)))
    release(k)
  }
  kref_put_mutex(as(t), unlink, lock_of(as(at)))
}

function takenOut({ table: at }: Table): void {
  check(read(at + SLOT) === 0, 'nobody has taken the object out of the table')
}

/** Looks the object up under the lock, which keeps it alive until kref_get. */
function lookup(s: Table): void {
  mutex_lock(lock_of(as(s.table)))
  const found = read(s.table + SLOT)
  if (found !== 0) kref_get(as(found))
  mutex_unlock(lock_of(as(s.table)))
  if (found === 0) return
  read(found + DATA)
  removal(s)
}

/** Looks it up under the lock although the last reference may be gone: only unless_zero tells. */
function lookupUnlessZero(s: Table): void {
  mutex_lock(lock_of(as(s.table)))
  const found = read(s.table + SLOT)
  const mine = found !== 0 && kref_get_unless_zero(as(found))
  mutex_unlock(lock_of(as(s.table)))
  if (!mine) return
  read(found + DATA)
  lastPut(s)
}

/** Drops a reference without the lock; the release takes it. */
function lastPut({ table: at, thing: t }: Table): void {
  kref_put(as(t), (k) => {
    mutex_lock(lock_of(as(at)))
    write(at + SLOT, 0)
    mutex_unlock(lock_of(as(at)))
    release(k)
  })
}

interface Guarded extends Record<string, number> {
  readonly ref: number
  readonly alive: number
  readonly data: number
}

function percpuSetup(scene: Scene): Guarded {
  const ref = scene.name(alloc_boot(percpu_ref.words), 'ref', percpu_ref)
  check(percpu_ref_init(as(ref), 'ref') === 0, 'no memory')
  return { ref, alive: scene.name(alloc_boot(1), 'alive'), data: scene.name(alloc_boot(1), 'data') }
}

function entrant({ ref, data }: Guarded): void {
  if (!percpu_ref_tryget_live(as(ref))) return
  read(data)
  percpu_ref_put(as(ref))
}

function killer({ ref, alive, data }: Guarded): void {
  percpu_ref_kill(as(ref))
  percpu_ref_wait(as(ref))
  WRITE_ONCE(alive, 1)
  trace_free(data, 1, 'data')
}

/** Two lives of one count; an entrant of the first may still be on its way out when the second ends. */
function reviver(guarded: Guarded): void {
  const ref = as<'percpu_ref'>(guarded.ref)
  percpu_ref_kill(ref)
  percpu_ref_wait(ref)
  percpu_ref_reinit(ref)
  killer(guarded)
}

const killed = ({ alive }: Guarded): void => check(READ_ONCE(alive) === 1, 'kill has not ended')

/** Models of reference counts. */
export const lifetimes: readonly Model[] = [
  defineModel({
    name: 'kref',
    summary: 'the last of two kref_put frees',
    setup: thingSetup(2),
    cpus: [user, user],
  }),
  defineModel({
    name: 'kref-3',
    summary: 'the last of three users frees; one of them takes another reference',
    setup: thingSetup(3),
    cpus: [user, user, doubleUser],
  }),
  defineModel({
    name: 'kref-mutex',
    summary: 'kref_put_mutex ‖ a lookup under the lock',
    setup: tableSetup,
    cpus: [removal, lookup],
    finish: takenOut,
  }),
  defineModel({
    name: 'kref-mutex-3',
    summary: 'two kref_put_mutex ‖ a lookup under the lock',
    setup: (scene) => {
      const s = tableSetup(scene)
      kref_get(as(s.thing))
      return s
    },
    cpus: [removal, removal, lookup],
    finish: takenOut,
  }),
  defineModel({
    name: 'kref-unless-zero',
    summary: 'kref_put ‖ a lookup with kref_get_unless_zero',
    setup: tableSetup,
    cpus: [lastPut, lookupUnlessZero],
  }),
  defineModel({
    name: 'kref-lookup-control',
    summary: 'WRONG: kref_put ‖ a lookup with plain kref_get: it may find a dead object',
    setup: tableSetup,
    cpus: [
      lastPut,
      function lookupPlain(s: Table) {
        mutex_lock(lock_of(as(s.table)))
        const found = read(s.table + SLOT)
        if (found !== 0) kref_get(as(found))
        mutex_unlock(lock_of(as(s.table)))
        if (found !== 0) lastPut(s)
      },
    ],
    expect: 'use after free',
  }),
  defineModel({
    name: 'percpu-ref',
    summary: 'percpu_ref_tryget_live and put, 2 rounds ‖ kill and wait',
    setup: percpuSetup,
    cpus: [twice(entrant), killer],
    finish: killed,
  }),
  defineModel({
    name: 'percpu-ref-reinit',
    summary: 'percpu_ref_tryget_live and put ‖ kill, wait, reinit, kill and wait',
    setup: percpuSetup,
    cpus: [entrant, reviver],
    finish: killed,
  }),
  defineModel({
    name: 'percpu-ref-3',
    summary: 'two users ‖ kill and wait',
    setup: percpuSetup,
    cpus: [entrant, entrant, killer],
    finish: killed,
  }),
]
