/**
 * When a primitive is at rest: nobody holds it, nobody waits for it, and its own words say so. What tools check of a lock from
 * outside (exclusion, progress) does not see a word that is left behind, and that only the next user stumbles over.
 *
 * Models, tortures and contracts assert it when all their tasks have ended, also of what is embedded in a bigger struct.
 */
import { READ_ONCE } from '#access'
import { CACHE_LINE_WORDS } from '../../base/constants.ts'
import { num_possible_cpus } from '../../mem/arena.ts'
import type { Layout } from '../../mem/layout.ts'
import { MAX_PARTIES } from '../barrier.ts'
import { SRCU_SLOT_WORDS, UNLOCKS } from '../srcu_struct.ts'

const ALL_BITS = -1
/** Waiters and the flag beside them, of completion and semaphore. */
const WAITING = 0x7ff
const PHASE = 8
const GP_STATE = 7

/** Bits of each word that must be 0, by field. What is not named may be anything: sequences, hints, settings. */
const ZERO: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  spinlock: { owner: ALL_BITS },
  owner_lock: { owner: ALL_BITS, spinner: ALL_BITS },
  mutex: { owner: ALL_BITS, spinner: ALL_BITS },
  robust_mutex: { owner: ALL_BITS, spinner: ALL_BITS },
  robust_rwsem: { closed: ALL_BITS },
  rw_semaphore: { count: ~PHASE, owner: ALL_BITS },
  rwlock: { count: ~PHASE, owner: ALL_BITS },
  ww_mutex: { owner: ALL_BITS, stamp: ALL_BITS },
  ww_acquire_ctx: { acquired: ALL_BITS },
  mcs_lock: { tail: ALL_BITS, node: ALL_BITS },
  ticket_lock: { holder: ALL_BITS },
  seqcount: { sequence: 1 },
  completion: { done: WAITING },
  semaphore: { count: WAITING },
  wait_queue_head: { waiters: ALL_BITS },
  condition: { waiters: ALL_BITS },
  barrier: { arrived: MAX_PARTIES },
  latch: { count: 1 << 31 },
  refcount_struct: { refs: 1 << 31 },
  percpu_ref: { count: 1 << 31 },
  srcu_struct: { gp_seq: GP_STATE & ~3, followers: ALL_BITS, gp_owner: ALL_BITS },
}

/** What else must hold of a struct: '' or what is wrong. */
const MORE: Readonly<Record<string, (at: number, field: (name: string) => number) => string>> = {
  once: (at) => ([0, -1].includes(READ_ONCE(at)) ? '' : 'state'),
  ticket_lock: (at, field) => (READ_ONCE(field('next')) === READ_ONCE(at) ? '' : 'next'),
  percpu_rw_semaphore: (_at, field) => perCpu(field('slots'), (slot) => READ_ONCE(slot) === 0),
  robust_rwsem: (_at, field) =>
    perCpu(field('slots'), (slot) => READ_ONCE(slot) === 0, READ_ONCE(field('threads'))),
  percpu_ref: (_at, field) =>
    perCpu(field('slots'), (slot) => READ_ONCE(field('dying')) === 0 || READ_ONCE(slot) === 1),
  srcu_struct: (_at, field) =>
    perCpu(
      field('sda'),
      (slot) =>
        READ_ONCE(slot) === READ_ONCE(slot + UNLOCKS) &&
        READ_ONCE(slot + 1) === READ_ONCE(slot + 1 + UNLOCKS),
      READ_ONCE(field('slots')),
      SRCU_SLOT_WORDS,
    ),
}

function perCpu(
  pointer: number,
  fine: (slot: number) => boolean,
  slots: number = num_possible_cpus(),
  stride: number = CACHE_LINE_WORDS,
): string {
  const first = READ_ONCE(pointer)
  // Without counters it has not been made yet, or is no more.
  if (first === 0) return ''
  for (let i = 0; i < slots; i++) if (!fine(first + i * stride)) return `counter of CPU ${i}`
  return ''
}

/** Checks a word at rest: '' or what is wrong. */
type Check = () => string

/** The checks for an object of that layout, and for all that is embedded in it. None: nothing there can be out of rest. */
export function restChecks(layout: Layout, at: number, path: string = layout.name): Check[] {
  const checks: Check[] = []
  for (const { name, offset, embedded } of layout.fields) {
    const mask = ZERO[layout.name]?.[name] ?? 0
    const here = `${path}.${name}`
    if (mask !== 0) {
      checks.push(() => {
        const value = READ_ONCE(at + offset)
        return (value & mask) === 0 ? '' : `${here} is not at rest: 0x${(value >>> 0).toString(16)}`
      })
    }
    if (embedded !== undefined) checks.push(...restChecks(embedded, at + offset, here))
  }
  const more = MORE[layout.name]
  const field = (name: string): number => at + (layout.fields.find((one) => one.name === name)?.offset ?? 0)
  if (more !== undefined) {
    checks.push(() => {
      const wrong = more(at, field)
      return wrong === '' ? '' : `${path}: ${wrong} is not at rest`
    })
  }
  return checks
}

/** '' if the object at this address, of that layout, is at rest; otherwise the first word that is not. */
export function notAtRest(layout: Layout, at: number): string {
  for (const check of restChecks(layout, at)) {
    const wrong = check()
    if (wrong !== '') return wrong
  }
  return ''
}
