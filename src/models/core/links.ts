/**
 * Models of links and groups of sysfs: a link is made to a target that is there, or not at all; groups are made whole or undone,
 * whatever removes their directory meanwhile.
 */
import { as, NULL, type Addr } from '../../base/addr.ts'
import { EEXIST, ENOENT } from '../../base/errno.ts'
import { define_attribute, define_groups } from '../../kernel/device/attribute.ts'
import { kernfs_create_link } from '../../kernel/kernfs/dir.ts'
import { kernfs_active_nodes, kernfs_get, kernfs_node } from '../../kernel/kernfs/node.ts'
import { kernfs_remove } from '../../kernel/kernfs/remove.ts'
import {
  kobject_add,
  kobject_del,
  kobject_init,
  kobject_put,
  kobject_set_name,
} from '../../kernel/device/kobject.ts'
import { kernfs_children } from '../../kernel/kernfs/walk.ts'
import { kobj_types, kobject } from '../../kernel/device/kobject_struct.ts'
import { sysfs_list } from '../../kernel/path_io.ts'
import { uuid_text } from '../../kernel/qstr.ts'
import { warning_count } from '../../kernel/report.ts'
import { sysfs_create_link_nowarn, sysfs_dir, sysfs_remove_link } from '../../kernel/sysfs.ts'
import { sysfs_create_groups, sysfs_remove_groups } from '../../kernel/sysfs_group.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { answer, answerOf, answersOf, BOOTED, nameOf, onEach, scheme } from './world.ts'

interface Linked extends Record<string, number> {
  /** Two objects with a directory each. */
  readonly home: number
  readonly target: number
  /** Directory of `home`, referenced. */
  readonly dir: number
  readonly name: number
  readonly before: number
  readonly answers: number
}

type Body = (s: Linked) => void

const ktype = kobj_types.define('explored_linked', { release() {} })
const files = ['a', 'b'].map((name) => define_attribute(`explored_group.${name}`, { name, mode: 0o400 }))
const groups = define_groups('explored_groups', [{ attrs: files }, { name: 'g', attrs: files }])

function make(kobj: Addr<'kobject'>, name: Addr<'qstr'>): void {
  kobject_init(kobj, ktype)
  kobject_set_name(kobj, name)
  check(kobject_add(kobj, NULL) === 0, 'kobject_add')
}

function setup(secondOrder: boolean, cpus: number, before: Body): (scene: Scene) => Linked {
  return (scene) => {
    bootKernel(secondOrder)
    const [one, two, name] = [nameOf(1), nameOf(2), nameOf(3)]
    const warm = as<'kobject'>(alloc_boot(kobject.words))
    onEach(scene, cpus, () => {
      make(warm, one)
      check(sysfs_create_groups(warm, groups) === 0, 'groups')
      kobject_put(warm)
    })
    const home = as<'kobject'>(scene.name(alloc_boot(kobject.words), 'home', kobject))
    const target = as<'kobject'>(scene.name(alloc_boot(kobject.words), 'target', kobject))
    const nodes = kernfs_active_nodes()
    make(home, one)
    make(target, two)
    const dir = scene.name(kernfs_get(sysfs_dir(home)), 'dir', kernfs_node)
    const s = { home, target, dir, name, before: nodes, answers: answersOf(scene, cpus) }
    before(s)
    return s
  }
}

const link =
  (cpu: number): Body =>
  (s) =>
    answer(s, cpu, sysfs_create_link_nowarn(as(s.home), as(s.target), as(s.name)))

const unlink: Body = ({ home, name }) => sysfs_remove_link(as(home), as(name))

const delTarget: Body = ({ target }) => kobject_del(as(target))

const create =
  (cpu: number): Body =>
  (s) =>
    answer(s, cpu, sysfs_create_groups(as(s.home), groups))

const removeGroups: Body = ({ home }) => sysfs_remove_groups(as(home), groups)

const rmdir: Body = ({ dir }) => kernfs_remove(as(dir))

/** Lists the directory of `home`. */
function ls(): void {
  const seen = sysfs_list(`/sys/${uuid_text(1, 0, 0, 0)}`)
  check(typeof seen !== 'number' || seen === -ENOENT, `ls returned ${String(seen)}`)
  check(typeof seen === 'number' || seen.length <= 1, `ls saw ${String(seen)}`)
}

/** Makes the link and takes it away, then makes one in another directory, of the same memory. */
function move(s: Linked): void {
  link(0)(s)
  unlink(s)
  answer(s, 0, sysfs_create_link_nowarn(as(s.target), as(s.home), as(s.name)))
}

/** WRONG: lists the directory without its lock. */
const ls_unlocked: Body = (s) => kernfs_children(as(s.dir))

/** WRONG: takes the target's directory without the lock that keeps it. */
function careless(s: Linked): void {
  const to = sysfs_dir(as(s.target))
  if (to !== 0) kernfs_create_link(as(s.dir), as(s.name), to)
}

const nothing: Body = () => {}

/** Directories and what they hold: nodes that are left at the end, by the first call's answer. */
function finish(
  nodes: (s: Linked, made: boolean) => number,
  allowed: readonly number[],
): (s: Linked) => void {
  return (s) => {
    const got = answerOf(s, 0)
    check(allowed.includes(got), `the call returned ${got}`)
    check(warning_count() === 0, 'a WARN was raised')
    const [left, want] = [kernfs_active_nodes() - s.before, nodes(s, got === 0)]
    check(left === want, `${left} nodes are left, not ${want}`)
  }
}

const GROUP_NODES = 5
/** Name, what runs, what is before, the CPUs, the check. */
const RACES: readonly (readonly [
  string,
  string,
  Body,
  readonly Body[],
  (s: Linked) => void,
  Partial<Model<Linked>>?,
])[] = [
  // A link keeps the node of its target.
  [
    'target',
    'a link is made ‖ its target leaves sysfs',
    nothing,
    [link(0), delTarget],
    finish((_s, made) => (made ? 3 : 1), [0, -ENOENT]),
  ],
  [
    'links',
    'a link is made twice ‖ its target leaves sysfs',
    nothing,
    [link(0), link(1), delTarget],
    finish((s) => (answerOf(s, 0) === 0 || answerOf(s, 1) === 0 ? 3 : 1), [0, -ENOENT, -EEXIST]),
    { bound: 1 },
  ],
  [
    'unlink',
    'a link is made ‖ taken away',
    nothing,
    [link(0), unlink],
    (s) => check(kernfs_active_nodes() - s.before <= 3, 'too many nodes'),
    { bound: 4 },
  ],
  [
    'groups-rmdir',
    'groups are made ‖ their directory is removed',
    nothing,
    [create(0), rmdir],
    finish(() => 2, [0, -ENOENT]),
    { bound: 2 },
  ],
  [
    'groups-remove',
    'groups are removed ‖ their directory is',
    (s) => create(0)(s),
    [removeGroups, rmdir],
    finish(() => 2, [0]),
    { bound: 1 },
  ],
  [
    'groups-twice',
    'groups are made twice',
    nothing,
    [create(0), create(1)],
    finish(() => 2 + GROUP_NODES, [0, -EEXIST]),
    { bound: 1 },
  ],
  [
    'ls',
    'a directory is listed ‖ a link comes, goes, and is made elsewhere',
    nothing,
    [move, ls],
    finish(() => 3, [0]),
    { bound: 2 },
  ],
  [
    'ls-rmdir',
    'a directory is listed ‖ it is removed with a link in it',
    link(0),
    [ls, rmdir],
    finish(() => 2, [0]),
    { bound: 3 },
  ],
  [
    'ls-control',
    'WRONG: a directory is listed without its lock',
    nothing,
    [move, ls_unlocked],
    nothing,
    { expect: 'data race' },
  ],
  [
    'control',
    'WRONG: a link is made to a directory that nothing keeps ‖ the target leaves sysfs',
    nothing,
    [careless, delTarget],
    nothing,
    { expect: 'data race' },
  ],
]

/** Models of links and groups under both schemes of locking. */
export const links: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, before, cpus, end, more]) => {
    const [suffix, words] = scheme(secondOrder)
    return defineModel<Linked>({
      name: `link-${name}:${suffix}`,
      summary: `${what}; ${words}`,
      setup: setup(secondOrder, cpus.length, before),
      cpus,
      finish: end,
      ...BOOTED,
      ...more,
    })
  }),
)
