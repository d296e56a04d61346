import { expect, test } from 'vitest'
import { NULL, Oops } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { bootKernel, zalloc } from './fixture.ts'

function list(count: number) {
  bootKernel()
  const head = zalloc(k.klist)
  k.klist_init(head, 0)
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
