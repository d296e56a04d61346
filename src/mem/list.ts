/**
 * Circular doubly linked lists, the links inside the objects.
 *
 * Invariant   head.next … head.prev is a circle; an empty head points at itself.
 * Context     plain accesses: the caller holds the lock that guards the list.
 * Source      include/linux/list.h
 */
import { read, write } from '#access'
import type { Addr } from '../base/addr.ts'
import { ptr, struct } from './layout.ts'

export const list_head = struct('list_head', {
  next: ptr('list_head'),
  prev: ptr('list_head'),
})
type ListHead = Addr<'list_head'>

/** Makes an empty head, or a node that list_empty recognises as unlinked. */
export function INIT_LIST_HEAD(head: ListHead): void {
  write(head, head)
  write(head + 1, head)
}

function __list_add(node: number, prev: number, next: number): void {
  write(next + 1, node)
  write(node, next)
  write(node + 1, prev)
  write(prev, node)
}

/** Inserts after the head: a stack. */
export function list_add(node: ListHead, head: ListHead): void {
  __list_add(node, head, read(head))
}

/** Inserts before the head: a queue. */
export function list_add_tail(node: ListHead, head: ListHead): void {
  __list_add(node, read(head + 1), head)
}

/** Unlinks; the node's own links are left dangling as 0, so that a second list_del is recognisable. */
export function list_del(node: ListHead): void {
  const next = read(node)
  const prev = read(node + 1)
  write(next + 1, prev)
  write(prev, next)
  write(node, 0)
  write(node + 1, 0)
}

/** Unlinks and leaves the node as an empty head. */
export function list_del_init(node: ListHead): void {
  list_del(node)
  INIT_LIST_HEAD(node)
}

/** True for an empty head. */
export function list_empty(head: ListHead): boolean {
  return read(head) === head
}

/** First or next node: compare with the head to stop. `for (let n = list_next(h); n !== h; n = list_next(n))` */
export function list_next(node: ListHead): ListHead {
  return read(node) as ListHead
}

/** Number of nodes behind the head. */
export function list_count(head: ListHead): number {
  let count = 0
  for (let node = list_next(head); node !== head; node = list_next(node)) count++
  return count
}
