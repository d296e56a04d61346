/**
 * Unregistering under a lock L of the caller that operations want: what no gate can do, and what each way out costs
 * (docs/unregister-under-a-lock.md). The gates are those that ship; operation and caller are a few lines each.
 *
 *   cpu-0  an operation              cpu-1  who unregisters
 *     enters the gate                  takes L
 *     takes L                          waits until the gate is empty
 *     uses the vendor's memory         frees the vendor's memory
 */
import { fetch_add, fetch_sub, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { ENODEV } from '../../base/errno.ts'
import { GATES } from '../../mdev/gates/index.ts'
import type { Gate } from '../../mdev/gates/gate.ts'
import { mdev_parent } from '../../mdev/types.ts'
import { alloc_boot } from '../../mem/arena.ts'
import {
  complete,
  completion,
  init_completion,
  mutex,
  mutex_init,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  wait_for_completion,
} from '../../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'

interface Held extends Record<string, number> {
  readonly parent: number
  /** The caller's lock, and the state of the caller that it guards. */
  readonly lock: number
  readonly mode: number
  /** The vendor's memory. */
  readonly data: number
  /** 1 while the parent can be found: a gate need not know that it is gone for good. */
  readonly listed: number
  readonly begun: number
  /** Operations that the vendor knows of. */
  readonly users: number
}

type Body = (s: Held) => void

function setup(gate: Gate): (scene: Scene) => Held {
  return (scene) => {
    const parent = scene.name(alloc_boot(mdev_parent.words), 'parent', mdev_parent)
    const lock = scene.name(alloc_boot(mutex.words), 'L', mutex)
    const begun = scene.name(alloc_boot(completion.words), 'begun', completion)
    mutex_init(as(lock), 'L')
    init_completion(as(begun))
    check(gate.init(as(parent)) === 0, 'no memory')
    gate.open(as(parent))
    const listed = scene.name(alloc_boot(1), 'listed')
    write(listed, 1)
    const mode = scene.name(alloc_boot(1), 'mode')
    const users = scene.name(alloc_boot(1), 'users')
    return { parent, lock, begun, mode, listed, users, data: scene.name(alloc_boot(1), 'data') }
  }
}

const take = ({ lock }: Held): void => mutex_lock(as(lock))
const drop = ({ lock }: Held): void => mutex_unlock(as(lock))

/** Everybody is out: the vendor goes. */
function vendorGoes({ data, listed }: Held): void {
  WRITE_ONCE(listed, 0)
  trace_free(data, 1, 'data')
}

/** Enters the gate of a parent that can still be found. Returns what enter returns, or -ENODEV. */
function enter(gate: Gate, { parent, listed }: Held): number {
  const cookie = gate.try_enter(as(parent))
  if (cookie < 0 || READ_ONCE(listed) === 1) return cookie
  gate.exit(as(parent), cookie)
  return -ENODEV
}

/** What an operation does behind the gate, if it is let in. */
function inside(gate: Gate, s: Held, work: () => void): void {
  const cookie = enter(gate, s)
  if (cookie < 0) return
  work()
  gate.exit(as(s.parent), cookie)
}

/** The vendor's part of an operation, under L. */
function use(s: Held): void {
  take(s)
  read(s.data)
  drop(s)
}

/** Whoever is inside leaves, then the vendor goes. */
function drain(gate: Gate, s: Held): void {
  gate.begin_unregister(as(s.parent))
  vendorGoes(s)
}

/** The whole of an unregistration. */
function unregister(gate: Gate, s: Held): void {
  drain(gate, s)
  gate.end_unregister(as(s.parent))
}

/** A create or remove: behind the gate the vendor takes L. */
function operation(gate: Gate): Body {
  return function operation_wants_L(s) {
    inside(gate, s, () => {
      use(s)
    })
  }
}

/** L is lent to it: it takes L before the gate, and the vendor must not take it again. */
function operationLent(gate: Gate): Body {
  return function operation_under_L(s) {
    take(s)
    inside(gate, s, () => {
      read(s.data)
    })
    drop(s)
  }
}

/** It tries for L, and answers -EBUSY. */
function operationTries(gate: Gate): Body {
  return function operation_tries_L(s) {
    inside(gate, s, () => {
      if (!mutex_trylock(as(s.lock))) return
      read(s.data)
      drop(s)
    })
  }
}

/** The contract of the mails: when it returns, nobody is at work. */
function today(gate: Gate): Body {
  return function unregister_under_L(s) {
    take(s)
    unregister(gate, s)
    drop(s)
  }
}

/** L is let go inside, and taken again: whoever called relies on what it has read under L. */
function dropsInside(gate: Gate): Body {
  return function unregister_drops_L(s) {
    take(s)
    const mode = READ_ONCE(s.mode)
    drop(s)
    unregister(gate, s)
    take(s)
    check(READ_ONCE(s.mode) === mode, 'the state of the caller has changed under its lock')
    drop(s)
  }
}

/** Another request, under L as is proper. */
function other_request(s: Held): void {
  take(s)
  WRITE_ONCE(s.mode, READ_ONCE(s.mode) + 1)
  drop(s)
}

/** Two halves: the gate closes under L, the wait comes after. */
function halves(gate: Gate): Body {
  return function begin_then_finish(s) {
    take(s)
    gate.close?.(as(s.parent))
    write(s.mode, 1)
    drop(s)
    drain(gate, s)
  }
}

/** The same, and the vendor is told of it: a request that finds somebody at work answers -EBUSY. */
function operationCounted(gate: Gate): Body {
  return function operation_counted(s) {
    inside(gate, s, () => {
      fetch_add(s.users, 1)
      use(s)
      fetch_sub(s.users, 1)
    })
  }
}

const isBusy = ({ users }: Held): boolean => READ_ONCE(users) > 0

/** The request was refused: it is as if nobody had asked. */
function refused(gate: Gate, s: Held): void {
  drop(s)
  const cookie = enter(gate, s)
  check(cookie >= 0, 'refused with -EBUSY, and the parent is closed')
  gate.exit(as(s.parent), cookie)
}

/** -EBUSY in front of the two halves: asked under L, before anything is closed. */
function busyFirst(gate: Gate): Body {
  const go = halves(gate)
  return function busy_or_halves(s) {
    take(s)
    if (isBusy(s)) return refused(gate, s)
    drop(s)
    go(s)
  }
}

/** Asked once the gate is closed: then no newcomer can be missed, and it is too late to refuse. */
function busyLate(gate: Gate): Body {
  return function closed_then_busy(s) {
    take(s)
    gate.close?.(as(s.parent))
    if (isBusy(s)) return refused(gate, s)
    drop(s)
    drain(gate, s)
  }
}

/** In front of the contract of the mails. */
function busyAlone(gate: Gate): Body {
  return function busy_or_unregister_under_L(s) {
    take(s)
    if (isBusy(s)) return refused(gate, s)
    unregister(gate, s)
    drop(s)
  }
}

function begins(gate: Gate): Body {
  return function begin_under_L(s) {
    take(s)
    gate.close?.(as(s.parent))
    complete(as(s.begun))
    drop(s)
  }
}

function finishes(gate: Gate): Body {
  return function finish_in_a_work(s) {
    wait_for_completion(as(s.begun))
    drain(gate, s)
  }
}

function model(
  name: string,
  gate: Gate,
  what: string,
  cpus: readonly Body[],
  expect?: Model['expect'],
): Model {
  return defineModel<Held>({
    name: `under-lock-${name}:${gate.name}`,
    summary: `${what} (${gate.name})`,
    setup: setup(gate),
    cpus,
    ...(expect !== undefined && { expect }),
  })
}

function modelsOf(gate: Gate): Model[] {
  const op = operation(gate)
  const always = [
    model(
      'today',
      gate,
      'unregistering under a lock that an operation wants',
      [op, today(gate)],
      gate.drains ? 'deadlock' : 'use after free',
    ),
  ]
  if (!gate.drains) return always
  return [
    ...always,
    model('lent', gate, 'the operation is lent the lock', [operationLent(gate), today(gate)]),
    model('tries', gate, 'the operation only tries for it', [operationTries(gate), today(gate)]),
    model(
      'drops',
      gate,
      'WRONG: unregistering drops the lock of its caller inside ‖ another request',
      [dropsInside(gate), other_request],
      'assertion',
    ),
    ...(gate.close === undefined
      ? []
      : [
          model('halves', gate, 'the caller drops it between two halves', [op, halves(gate)]),
          model('deferred', gate, 'a work item has the second half', [op, begins(gate), finishes(gate)]),
          ...busyModels(gate),
        ]),
  ]
}

/** Who finds an operation at work answers -EBUSY. */
function busyModels(gate: Gate): Model[] {
  const op = operationCounted(gate)
  return [
    model('busy', gate, '-EBUSY, or two halves', [op, busyFirst(gate)]),
    model(
      'busy-late',
      gate,
      'WRONG: the gate is closed first, then -EBUSY',
      [op, busyLate(gate)],
      'assertion',
    ),
    model(
      'busy-alone',
      gate,
      'WRONG: -EBUSY, or unregistering under the lock as ever',
      [op, busyAlone(gate)],
      'deadlock',
    ),
  ]
}

/** Under every gate that is one. */
export const underLock: readonly Model[] = GATES.filter(({ guarded }) => guarded).flatMap(modelsOf)
