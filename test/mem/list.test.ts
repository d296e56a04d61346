/** What the kernel's own list tests ask of include/linux/list.h (docs/kernel-tests.md), of the functions that there are here. */
import { beforeEach, expect, test } from 'vitest'
import { as, type Addr } from '#lockstorm/base/addr'
import { read, write } from '#lockstorm/mem/access.fast'
import * as mem from '#lockstorm/mem/index'
import { Rng } from '#lockstorm/base/rng'

type Head = Addr<'list_head'>

let head: Head
let nodes: Head[]
beforeEach(() => {
  mem.createArena(1 << 16, 1)
  ;[head, ...nodes] = Array.from({ length: 9 }, () => as<'list_head'>(mem.alloc_boot(2, 1))) as [
    Head,
    ...Head[],
  ]
  mem.INIT_LIST_HEAD(head)
})

/** Nodes from the head on, by index; checks that the way back is the same. */
function order(from: Head = head): number[] {
  const there: number[] = []
  for (let at = mem.list_next(from); at !== from; at = mem.list_next(at)) {
    expect(read(read(at) + 1)).toBe(at)
    there.push(nodes.indexOf(at))
  }
  expect(mem.list_count(from)).toBe(there.length)
  return there
}

const fill = (count: number): void => nodes.slice(0, count).forEach((node) => mem.list_add_tail(node, head))

test('a head is empty once it is initialised, whatever was in its words', () => {
  write(head, -1)
  write(head + 1, -1)
  mem.INIT_LIST_HEAD(head)
  expect([mem.list_empty(head), read(head), read(head + 1)]).toEqual([true, head, head])
})

test.each([
  ['list_add puts each node before those that are there', mem.list_add, [2, 1, 0]],
  ['list_add_tail puts each behind them', mem.list_add_tail, [0, 1, 2]],
])('%s', (_, add, expected) => {
  for (const node of nodes.slice(0, 3)) add(node, head)
  expect(order()).toEqual(expected)
  expect(mem.list_empty(head)).toBe(false)
})

test.each([
  ['the first', 0, [1, 2]],
  ['one in the middle', 1, [0, 2]],
  ['the last', 2, [0, 1]],
])('list_del of %s joins its neighbours, and list_del_init leaves an empty head beside', (_, which, left) => {
  fill(3)
  const node = nodes[which] as Head
  mem.list_del(node)
  expect(order()).toEqual(left)
  mem.list_add_tail(node, head)
  mem.list_del_init(node)
  expect([order(), order(node), mem.list_empty(node)]).toEqual([left, [], true])
})

test('a walk may take off each node that it has left', () => {
  fill(5)
  const seen: number[] = []
  for (let at = mem.list_next(head); at !== head;) {
    const next = mem.list_next(at)
    seen.push(nodes.indexOf(at))
    mem.list_del(at)
    at = next
  }
  expect([seen, mem.list_empty(head)]).toEqual([[0, 1, 2, 3, 4], true])
})

test('the struct around a node is found from the node', () => {
  const thing = mem.struct('listed_thing', { data: mem.word, node: mem.embed(mem.list_head) })
  const t = as<'listed_thing'>(mem.alloc_boot(thing.words))
  expect(thing.of.node(thing.at.node(t))).toBe(t)
})

test('any row of additions and removals leaves what an array would hold', () => {
  const rng = new Rng(1)
  const model: number[] = []
  const differs = Array.from({ length: 500 }, () => {
    const which = rng.u32() % nodes.length
    const node = nodes[which] as Head
    const at = model.indexOf(which)
    const front = (rng.u32() & 1) === 0
    if (at >= 0) model.splice(at, 1)
    else model.splice(front ? 0 : model.length, 0, which)
    if (at >= 0) mem.list_del(node)
    else if (front) mem.list_add(node, head)
    else mem.list_add_tail(node, head)
    return order().join() !== model.join()
  })
  expect(differs).not.toContain(true)
})
