/**
 * Models of klists: a walker may stand on any node while nodes come and go. klist_remove returns when nobody stands on its node
 * any more; an object whose membership is a reference is freed once, by whoever leaves its node last.
 */
import { cpu_relax, READ_ONCE, read, WRITE_ONCE, write } from '#access'
import { trace_free } from '#trace'
import { as, NULL, type Addr } from '../../base/addr.ts'
import {
  klist,
  klist_add_tail,
  klist_del,
  klist_init,
  klist_iter_exit,
  klist_next,
  klist_node,
  klist_node_attached,
  klist_ops,
  klist_remove,
  type KlistNode,
} from '../../kernel/device/klist.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { list_count } from '../../mem/list.ts'
import { kref, kref_get, kref_init, kref_put } from '../../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'

const member = struct('explored_member', { node: embed(klist_node), kref: embed(kref), data: word })
const { data: DATA } = member.offset
const NODE = member.at.node

interface Listed extends Record<string, number> {
  readonly list: number
  readonly a: number
  readonly b: number
  /** On no list yet. */
  readonly c: number
}

type Body = (s: Listed) => void

function release(k: number): void {
  trace_free(member.of.kref(k), member.words, member.name)
}

const counted = klist_ops.define('explored_members', {
  get: (n: KlistNode) => kref_get(member.at.kref(member.of.node(n))),
  put: (n: KlistNode) => void kref_put(member.at.kref(member.of.node(n)), release),
})

function make(scene: Scene, name: string): Addr<'explored_member'> {
  const m = as<'explored_member'>(scene.name(alloc_boot(member.words), name, member))
  kref_init(member.at.kref(m))
  return m
}

/** A list of a and b. `ops`: membership is a reference, and no other is left. */
function setup(ops: number): (scene: Scene) => Listed {
  return (scene) => {
    const list = scene.name(alloc_boot(klist.words), 'list', klist)
    klist_init(as(list), ops)
    const [a, b, c] = [make(scene, 'a'), make(scene, 'b'), make(scene, 'c')]
    for (const m of [a, b]) {
      klist_add_tail(NODE(m), as(list))
      if (ops !== 0) kref_put(member.at.kref(m), release)
    }
    return { list, a, b, c }
  }
}

/** Walks to the end and looks at every member. */
function walk({ list }: Listed): void {
  const k = as<'klist'>(list)
  for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) read(member.of.node(n) + DATA)
}

/** Walks to the first member and leaves. */
function peek({ list }: Listed): void {
  const n = klist_next(as(list), NULL)
  if (n !== 0) read(member.of.node(n) + DATA)
  klist_iter_exit(as(list), n)
}

function del(which: 'a' | 'b'): Body {
  return function klist_del_member(s) {
    klist_del(NODE(as(s[which])))
  }
}

/** Takes a member off and frees it: nobody stands on it. */
function remove(which: 'a' | 'b'): Body {
  return function klist_remove_member(s) {
    const m = as<'explored_member'>(s[which])
    klist_remove(NODE(m))
    trace_free(m, member.words, member.name)
  }
}

/** Takes a off and puts it back on, as an unbind and a bind do. */
function again({ list, a }: Listed): void {
  klist_remove(NODE(as(a)))
  write(a + DATA, 1)
  klist_add_tail(NODE(as(a)), as(list))
}

/** Takes a off and leaves it alone. */
const take: Body = ({ a }) => klist_remove(NODE(as(a)))

/** Puts a back on the same list as soon as it has left it, whether or not who took it off has noticed. */
function putBack({ list, a }: Listed): void {
  while (klist_node_attached(NODE(as(a)))) cpu_relax()
  klist_add_tail(NODE(as(a)), as(list))
}

/** Takes a off and says so, by the data of c. */
function announce(s: Listed): void {
  del('a')(s)
  WRITE_ONCE(s.c + DATA, 1)
}

/** Walks when a is known to be off: whoever stands on it keeps it in memory, not in sight. */
function newcomer({ list, a, c }: Listed): void {
  if (READ_ONCE(c + DATA) === 0) return
  const k = as<'klist'>(list)
  for (let n = klist_next(k, NULL); n !== 0; n = klist_next(k, n)) {
    check(n !== NODE(as(a)), 'a walk that begins after klist_del sees the node')
  }
}

function add({ list, c }: Listed): void {
  write(c + DATA, 1)
  klist_add_tail(NODE(as(c)), as(list))
}

/** WRONG: a walker may stand on the member that is freed. */
function careless({ a }: Listed): void {
  klist_del(NODE(as(a)))
  trace_free(a, member.words, member.name)
}

/** WRONG: walks from node to node without standing on one. */
function stray({ list, a }: Listed): void {
  const n = klist_next(as(list), NULL)
  klist_iter_exit(as(list), n)
  if (n === NODE(as(a))) read(a + DATA)
}

function left(count: number): (s: Listed) => void {
  return ({ list, a }) => {
    const there = list_count(klist.at.k_list(as(list)))
    check(there === count, `${there} nodes are left, not ${count}`)
    check(count !== 0 || READ_ONCE(a) === 0, 'a has left and knows its list')
  }
}

/** Name, what runs, whether membership is a reference, its CPUs, how many nodes are left. */
const RACES: readonly (readonly [
  string,
  string,
  boolean,
  readonly Body[],
  number,
  Partial<Model<Listed>>?,
])[] = [
  ['del', 'a walk ‖ klist_del', true, [walk, del('a')], 1],
  ['remove', 'a walk ‖ klist_remove, after which the member is freed', false, [walk, remove('a')], 1],
  ['add', 'a walk ‖ a member is added', false, [walk, add], 3],
  [
    'again',
    'a walk ‖ klist_remove and klist_add_tail of the same member',
    false,
    [walk, again],
    2,
    { bound: 5 },
  ],
  [
    'put-back',
    'a walk that stops ‖ klist_remove ‖ the member is put back on the same list',
    false,
    [peek, take, putBack],
    2,
    { bound: 3 },
  ],
  [
    'newcomer',
    'a walk that stops ‖ klist_del ‖ a walk that begins after it',
    true,
    [peek, announce, newcomer],
    1,
    { bound: 3 },
  ],
  ['peek', 'a walk that stops ‖ klist_remove', false, [peek, remove('a')], 1],
  ['two-walks', 'two walks ‖ klist_remove', false, [walk, peek, remove('a')], 1, { bound: 2 }],
  [
    'neighbours',
    'a walk ‖ klist_del of one member ‖ of the next',
    true,
    [walk, del('a'), del('b')],
    0,
    { bound: 2 },
  ],
  [
    'add-remove',
    'a walk ‖ a member is added ‖ another removed',
    false,
    [peek, add, remove('b')],
    2,
    { bound: 3 },
  ],
  [
    'del-control',
    'WRONG: a walk ‖ klist_del, after which the member is freed',
    false,
    [walk, careless],
    1,
    { expect: 'use after free' },
  ],
  [
    'stray-control',
    'WRONG: a member is looked at after klist_iter_exit ‖ its klist_del',
    true,
    [stray, del('a')],
    1,
    { expect: 'use after free' },
  ],
]

/** Models of klists. */
export const klists: readonly Model[] = RACES.map(([name, summary, references, cpus, count, more]) =>
  defineModel<Listed>({
    name: `klist-${name}`,
    summary,
    setup: setup(references ? counted : 0),
    cpus,
    finish: left(count),
    ...more,
  }),
)
