import { describe, expect, test } from 'vitest'
import { as, NULL, Oops } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { bootKernel, zalloc } from './fixture.ts'

function list(count: number, ops = 0) {
  bootKernel()
  const head = zalloc(k.klist)
  k.klist_init(head, ops)
  const nodes = Array.from({ length: count }, () => zalloc(k.klist_node))
  for (const node of nodes) k.klist_add_tail(node, head)
  return { head, nodes }
}

/** Nodes that a walk from `at` on sees, by index. */
function rest(head: k.Klist, nodes: readonly k.KlistNode[], at: k.KlistNode): number[] {
  const seen: number[] = []
  for (let n = k.klist_next(head, at); n !== 0; n = k.klist_next(head, n)) seen.push(nodes.indexOf(n))
  return seen
}

/** Nodes on the list by its ops, and the node that they heard of last. */
const heard = { count: 0, last: 0 }
const counting = k.klist_ops.define('klist.test', {
  get: (n) => Object.assign(heard, { count: heard.count + 1, last: n }),
  put: (n) => Object.assign(heard, { count: heard.count - 1, last: n }),
})

/** A list of four whose ops count. */
function counted() {
  Object.assign(heard, { count: 0, last: 0 })
  return list(4, counting)
}

describe('what the kernel asks of its own (docs/kernel-tests.md):', () => {
  test('nodes are walked in the order they came, and each is referenced as it comes', () => {
    const { head, nodes } = counted()
    expect(heard).toEqual({ count: 4, last: nodes[3] })
    expect(rest(head, nodes, NULL)).toEqual([0, 1, 2, 3])
    expect(k.klist_next(head, as(0))).toBe(nodes[0])
  })

  test('klist_del of a node that a walker stands on drops the reference when the walker leaves', () => {
    const { head, nodes } = counted()
    const [a, b, c, d] = nodes as [k.KlistNode, k.KlistNode, k.KlistNode, k.KlistNode]
    const walk = [NULL, a, b].map((at) => k.klist_next(head, at))
    expect(walk).toEqual([a, b, c])
    k.klist_del(c)
    expect([k.klist_node_attached(c), heard]).toEqual([true, { count: 4, last: d }])
    k.klist_iter_exit(head, c)
    expect([k.klist_node_attached(c), heard]).toEqual([false, { count: 3, last: c }])
  })

  test.each([
    ['klist_del', k.klist_del],
    ['klist_remove', k.klist_remove],
  ])('%s of a node that nobody stands on drops the reference at once', (_, take) => {
    const { head, nodes } = counted()
    const c = nodes[2] as k.KlistNode
    take(c)
    expect(heard).toEqual({ count: 3, last: c })
    expect(rest(head, nodes, NULL)).toEqual([0, 1, 3])
  })

  test('a node is attached exactly while it is on a list', () => {
    const { head } = list(0)
    const node = zalloc(k.klist_node)
    const said = [k.klist_node_attached(node)]
    k.klist_add_tail(node, head)
    said.push(k.klist_node_attached(node))
    k.klist_del(node)
    expect([...said, k.klist_node_attached(node)]).toEqual([false, true, false])
  })
})

test('a node that a walker stands on leaves the list with the walker', () => {
  const { head, nodes } = list(3)
  const at = k.klist_next(head, NULL)
  k.klist_del(at)
  expect([k.klist_count(head), k.klist_node_attached(at)]).toEqual([3, true])
  expect(rest(head, nodes, at)).toEqual([1, 2])
  expect([k.klist_count(head), k.klist_node_attached(at)]).toEqual([2, false])
})

test('a node that a walker stands on is out of sight of walks that begin later', () => {
  const { head, nodes } = list(3)
  const at = k.klist_next(head, NULL)
  k.klist_del(at)
  expect(rest(head, nodes, NULL)).toEqual([1, 2])
  k.klist_iter_exit(head, at)
  expect(rest(head, nodes, NULL)).toEqual([1, 2])
})

test('taking such a node off twice is a WARN, and the walk goes on', () => {
  const { head, nodes } = list(3)
  const at = k.klist_next(head, NULL)
  k.klist_del(at)
  k.klist_del(at)
  expect(k.warning_count()).toBe(1)
  expect(k.klist_node_attached(at)).toBe(true)
  expect(rest(head, nodes, at)).toEqual([1, 2])
})

test('a node that has left cannot be taken off: the Oops of a list that is NULL', () => {
  const { head, nodes } = list(1)
  const [node] = nodes as [k.KlistNode]
  k.klist_remove(node)
  expect(() => k.klist_del(node)).toThrow(Oops)
  expect(k.klist_count(head)).toBe(0)
})

test('who comes later does not stand on a node that was taken off, however many such there are', () => {
  const { head, nodes } = list(3)
  const first = k.klist_next(head, NULL)
  const second = k.klist_next(head, k.klist_next(head, NULL))
  k.klist_del(first)
  expect(rest(head, nodes, NULL)).toEqual([1, 2])
  k.klist_del(second)
  expect(rest(head, nodes, NULL)).toEqual([2])
  k.klist_iter_exit(head, first)
  k.klist_iter_exit(head, second)
  expect(k.klist_count(head)).toBe(1)
})
