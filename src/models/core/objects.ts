/**
 * Models of kobjects and ksets: an object is released once, by whoever puts last; it is a member of its set while it is in sysfs;
 * a name in a directory is given once.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as, NULL } from '../../base/addr.ts'
import { EEXIST } from '../../base/errno.ts'
import { kernfs_active_nodes } from '../../kernel/kernfs/node.ts'
import {
  kobject_add,
  kobject_del,
  kobject_get,
  kobject_get_unless_zero,
  kobject_init,
  kobject_put,
  kobject_set_name,
} from '../../kernel/device/kobject.ts'
import { kobj_types, kobject, kset } from '../../kernel/device/kobject_struct.ts'
import { kset_create_and_add } from '../../kernel/device/kset.ts'
import { duplicate_count, warning_count } from '../../kernel/report.ts'
import { alloc_boot, rootAddr } from '../../mem/arena.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { list_count } from '../../mem/list.ts'
import { kref_read, mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { answer, answerOf, answersOf, BOOTED, must, nameOf, onEach } from './world.ts'

const thing = struct('explored_object', { kobj: embed(kobject), gone: word, data: word })
const KOBJ = thing.at.kobj
const { gone: GONE, data: DATA } = thing.offset
/** Where objects can be found: under its lock, by whoever has no reference. */
const table = struct('explored_objects', { lock: embed(mutex), slot: word })
const SLOT = table.offset.slot
const TABLE = rootAddr('test')

interface Objects extends Record<string, number> {
  readonly set: number
  /** Two objects of the set, not added; of different names, but for `twin`, which has that of `one`. */
  readonly one: number
  readonly two: number
  readonly twin: number
  readonly before: number
  readonly answers: number
}

type Body = (s: Objects) => void
type Which = 'one' | 'two' | 'twin'

/** Takes the object out of the table; its memory stays, that of `data` goes. */
const ktype = kobj_types.define('explored_object', {
  release(kobj) {
    const t = thing.of.kobj(kobj)
    const at = as<'explored_objects'>(read(TABLE))
    mutex_lock(table.at.lock(at))
    if (read(at + SLOT) === t) write(at + SLOT, NULL)
    mutex_unlock(table.at.lock(at))
    write(t + GONE, read(t + GONE) + 1)
    trace_free(t + DATA, 1, 'thing')
  },
})

function init(t: number, set: number, name: number): void {
  kobject_init(KOBJ(as(t)), ktype)
  kobject_set_name(KOBJ(as(t)), as(name))
  write(t + kobject.offset.kset, set)
}

function setup(secondOrder: boolean, cpus: number, before: Body): (scene: Scene) => Objects {
  return (scene) => {
    bootKernel(secondOrder)
    const at = as<'explored_objects'>(scene.name(alloc_boot(table.words), 'table', table))
    mutex_init(table.at.lock(at), 'table->lock')
    write(TABLE, at)
    const set = scene.name(must<'kset'>('kset', kset_create_and_add(nameOf(9), 0, NULL)), 'set', kset)
    const [name, other, warm] = [nameOf(1), nameOf(2), alloc_boot(thing.words)]
    onEach(scene, cpus, () => {
      init(warm, set, name)
      kobject_add(KOBJ(as(warm)), NULL)
      kobject_put(KOBJ(as(warm)))
    })
    const [one, two, twin] = ['one', 'two', 'twin'].map((n) => scene.name(alloc_boot(thing.words), n, thing))
    const s: Objects = {
      set,
      one: one as number,
      two: two as number,
      twin: twin as number,
      before: kernfs_active_nodes(),
      answers: answersOf(scene, cpus),
    }
    init(s.one, set, name)
    init(s.two, set, other)
    init(s.twin, set, name)
    before(s)
    return s
  }
}

const add =
  (cpu: number, which: Which): Body =>
  (s) =>
    answer(s, cpu, kobject_add(KOBJ(as(s[which])), NULL))

const put =
  (which: Which): Body =>
  (s) =>
    kobject_put(KOBJ(as(s[which])))

const del =
  (which: Which): Body =>
  (s) =>
    kobject_del(KOBJ(as(s[which])))

/** Uses the object and puts its reference. */
const user: Body = (s) => {
  read(s.one + DATA)
  kobject_put(KOBJ(as(s.one)))
}

function publish(s: Objects): void {
  add(0, 'one')(s)
  write(read(TABLE) + SLOT, s.one)
}

/** Finds the object by the table, whose entry is no reference. */
function find(s: Objects): void {
  const at = as<'explored_objects'>(read(TABLE))
  mutex_lock(table.at.lock(at))
  const t = read(at + SLOT)
  const mine = t !== 0 && kobject_get_unless_zero(KOBJ(as(t))) !== 0
  mutex_unlock(table.at.lock(at))
  if (mine) user(s)
}

/** WRONG: takes a reference that may be the first. */
function careless(s: Objects): void {
  const at = as<'explored_objects'>(read(TABLE))
  mutex_lock(table.at.lock(at))
  const t = read(at + SLOT)
  if (t !== 0) kobject_get(KOBJ(as(t)))
  mutex_unlock(table.at.lock(at))
  if (t !== 0) user(s)
}

/** Comes, leaves sysfs and goes. */
const flash =
  (which: Which): Body =>
  (s) => {
    check(kobject_add(KOBJ(as(s[which])), NULL) === 0, 'kobject_add')
    kobject_del(KOBJ(as(s[which])))
    kobject_put(KOBJ(as(s[which])))
  }

const nothing: Body = () => {}
const shared: Body = (s) => {
  publish(s)
  kobject_get(KOBJ(as(s.one)))
}

/** `gone` were released, each once; the set has so many members, and a reference for each. */
function finish(
  secondOrder: boolean,
  gone: readonly Which[],
  members: number,
  dups: number,
): (s: Objects) => void {
  return (s) => {
    for (const which of ['one', 'two', 'twin'] as const) {
      const times = read(s[which] + GONE)
      check(times === (gone.includes(which) ? 1 : 0), `${which} was released ${times} times`)
    }
    const set = as<'kset'>(s.set)
    const count = list_count(kset.at.list(set))
    check(count === (secondOrder ? members : 0), `${count} members`)
    // One of the maker; of each member one as its set and one as its parent.
    const refs = kref_read(kobject.at.kref(kset.at.kobj(set)))
    check(refs === 1 + 2 * members, `${refs} references on the set`)
    const left = kernfs_active_nodes() - s.before
    check(left === members, `${left} directories`)
    check(warning_count() === 0 && duplicate_count() === dups, 'the log is wrong')
  }
}

function oneOfTwo(s: Objects): void {
  const got = [answerOf(s, 0), answerOf(s, 1)].toSorted((a, b) => a - b)
  check(got[0] === -EEXIST && got[1] === 0, `the additions returned ${got.join(' and ')}`)
}

/** Name, what runs, what is before, the CPUs, what is released, members left, duplicates. */
const RACES: readonly (readonly [
  string,
  string,
  Body,
  readonly Body[],
  readonly Which[],
  number,
  number,
  Partial<Model<Objects>>?,
])[] = [
  ['add-add', 'two objects join a set', nothing, [add(0, 'one'), add(1, 'two')], [], 2, 0, { bound: 3 }],
  [
    'twins',
    'two objects of a name are added',
    nothing,
    [add(0, 'one'), add(1, 'twin')],
    [],
    1,
    1,
    { bound: 2 },
  ],
  [
    'flash-flash',
    'two objects join a set and leave it',
    nothing,
    [flash('one'), flash('two')],
    ['one', 'two'],
    0,
    0,
    { bound: 2 },
  ],
  ['put-put', 'the last two references of an object go', shared, [user, user], ['one'], 0, 0],
  ['del-put', 'an object leaves sysfs ‖ another reference goes', shared, [del('one'), put('one')], [], 0, 0],
  [
    'find-put',
    'an object is found without a reference ‖ its last one goes',
    publish,
    [find, user],
    ['one'],
    0,
    0,
  ],
  ['find-find-put', 'the same, found twice', publish, [find, find, user], ['one'], 0, 0, { bound: 2 }],
  [
    'find-control',
    'WRONG: the same with a kobject_get',
    publish,
    [careless, user],
    ['one'],
    0,
    0,
    { expect: 'use after free' },
  ],
]

/** Models of objects under both schemes of locking. */
export const objects: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, before, cpus, gone, members, dups, more]) =>
    defineModel<Objects>({
      name: `kobject-${name}:${secondOrder ? 'global' : 'sharded'}`,
      summary: `${what}; ${secondOrder ? 'with' : 'without'} lists of members`,
      setup: setup(secondOrder, cpus.length, before),
      cpus,
      finish(s) {
        finish(secondOrder, gone, members, dups)(s)
        if (name === 'twins') oneOfTwo(s)
      },
      ...BOOTED,
      ...more,
    }),
  ),
)
