/**
 * The dependency graph: an edge A → B says that B was taken while A was held. A circle of edges is a possible deadlock if it
 * is strong, that is, if no reader in it lets the next one pass.
 *
 * Edge kinds   first letter, what A blocks: E (A was held for writing: readers and writers), S (held for reading: writers).
 *              second letter, what blocks B: R (B is taken by a recursive reader: writers only), N (anything else).
 * Strong path  no two consecutive edges are (…R) then (S…): there a reader holds a lock that the other reads recursively.
 * Order        graph lock.
 * Source       Documentation/locking/lockdep-design.rst, "Dependency types and strong dependency paths"
 */
import { raw_read, raw_write } from '../../mem/raw.ts'
import { CLASS, classAt, maxClasses } from '../lock_class.ts'
import { EDGE_WORDS, LD } from './globals.ts'

const E_FROM = 0
const E_TO = 1
const E_KINDS = 2
const E_DISTANCE = 3
const E_STACK = 4
const E_NEXT_AFTER = 5
const E_NEXT_BEFORE = 6

const DEP_SR = 1
const DEP_ER = 2
const DEP_SN = 4
const DEP_EN = 8
const EXCLUSIVE = DEP_ER | DEP_EN
const NOT_RECURSIVE = DEP_SN | DEP_EN

/** A class and how it is taken: 0 writing, 1 reading, 2 reading recursively. */
export interface Taken {
  readonly class: number
  readonly read: number
}

/** One edge, copied. */
export interface Edge {
  readonly from: number
  readonly to: number
  /** DEP_* */
  readonly kinds: number
  readonly distance: number
  /** Where B was taken: handle of stack_depot. */
  readonly stack: number
}

/** Kind of the edge from `prev` to `next`, as one bit. */
export function kindOf(prev: Taken, next: Taken): number {
  if (next.read === 2) return prev.read === 0 ? DEP_ER : DEP_SR
  return prev.read === 0 ? DEP_EN : DEP_SN
}

function edgeAt(globals: number, index: number): number {
  return raw_read(globals + LD.edge_table) + index * EDGE_WORDS
}

/** Copies an edge. */
export function readEdge(globals: number, index: number): Edge {
  const at = edgeAt(globals, index)
  return {
    from: raw_read(at + E_FROM),
    to: raw_read(at + E_TO),
    kinds: raw_read(at + E_KINDS),
    distance: raw_read(at + E_DISTANCE),
    stack: raw_read(at + E_STACK),
  }
}

/** Numbers of the edges out of a class (`after`), or into it. */
export function edgesOf(globals: number, cls: number, after: boolean): number[] {
  const next = after ? E_NEXT_AFTER : E_NEXT_BEFORE
  const found: number[] = []
  let edge = raw_read(classAt(cls) + (after ? CLASS.locks_after : CLASS.locks_before))
  for (; edge !== 0; edge = raw_read(edgeAt(globals, edge) + next)) found.push(edge)
  return found
}

/** Adds a kind to the edge if it is there. */
export function strengthen(globals: number, prev: Taken, next: Taken, distance: number): boolean {
  for (const index of edgesOf(globals, prev.class, true)) {
    const at = edgeAt(globals, index)
    if (raw_read(at + E_TO) !== next.class) continue
    raw_write(at + E_KINDS, raw_read(at + E_KINDS) | kindOf(prev, next))
    if (distance === 1) raw_write(at + E_DISTANCE, 1)
    return true
  }
  return false
}

/** Adds an edge. False when the table is full. */
export function addEdge(globals: number, prev: Taken, next: Taken, distance: number, stack: number): boolean {
  const index = raw_read(globals + LD.edges) + 1
  if (index > raw_read(globals + LD.max_edges)) return false
  const at = edgeAt(globals, index)
  const after = classAt(prev.class) + CLASS.locks_after
  const before = classAt(next.class) + CLASS.locks_before
  raw_write(at + E_FROM, prev.class)
  raw_write(at + E_TO, next.class)
  raw_write(at + E_KINDS, kindOf(prev, next))
  raw_write(at + E_DISTANCE, distance)
  raw_write(at + E_STACK, stack)
  raw_write(at + E_NEXT_AFTER, raw_read(after))
  raw_write(at + E_NEXT_BEFORE, raw_read(before))
  raw_write(after, index)
  raw_write(before, index)
  raw_write(globals + LD.edges, index)
  return true
}

/** A class as the search reaches it. `onlyRecursive`: all that leads here ends in R. */
interface Visit {
  readonly class: number
  readonly onlyRecursive: boolean
  readonly edge: number
  readonly parent: Visit | undefined
}

/**
 * Shortest strong path from `next` to `prev` that the new edge prev → next would close to a strong circle.
 * @returns its edges, in order; undefined if there is none. Empty if the two are one class that blocks itself.
 */
export function strongPath(globals: number, next: Taken, prev: Taken): Edge[] | undefined {
  const seen = new Uint8Array(2 * (maxClasses() + 1))
  const queue: Visit[] = [{ class: next.class, onlyRecursive: next.read === 2, edge: 0, parent: undefined }]
  for (let head = 0; head < queue.length; head++) {
    const here = queue[head] as Visit
    // Closing edge: E… always goes on from here, S… only after an edge that ends in N.
    if (here.class === prev.class && (prev.read === 0 || !here.onlyRecursive)) return trail(globals, here)
    for (const index of edgesOf(globals, here.class, true)) {
      const { to, kinds } = readEdge(globals, index)
      const open = here.onlyRecursive ? kinds & EXCLUSIVE : kinds
      if (open === 0) continue
      const onlyRecursive = (open & NOT_RECURSIVE) === 0
      if (seen[2 * to] === 1 || (onlyRecursive && seen[2 * to + 1] === 1)) continue
      seen[2 * to + (onlyRecursive ? 1 : 0)] = 1
      queue.push({ class: to, onlyRecursive, edge: index, parent: here })
    }
    if (queue.length - head > raw_read(globals + LD.max_bfs_queue)) {
      raw_write(globals + LD.max_bfs_queue, queue.length - head)
    }
  }
  return undefined
}

function trail(globals: number, end: Visit): Edge[] {
  const edges: Edge[] = []
  for (let visit: Visit | undefined = end; visit?.parent !== undefined; visit = visit.parent) {
    edges.unshift(readEdge(globals, visit.edge))
  }
  return edges
}

/** Number of classes that can be reached from here, this one included: FD and BD of /proc/lockdep. */
export function countReachable(globals: number, cls: number, after: boolean): number {
  const seen = new Set([cls])
  for (const one of seen) {
    for (const index of edgesOf(globals, one, after)) {
      const edge = readEdge(globals, index)
      seen.add(after ? edge.to : edge.from)
    }
  }
  return seen.size
}
