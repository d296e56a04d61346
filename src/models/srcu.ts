/**
 * Models of SRCU: what a reader reached is not freed under it; updaters share grace periods and nobody sleeps for ever.
 */
import { read, READ_ONCE, write, xchg } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  call_srcu,
  init_srcu_struct,
  poll_state_synchronize_srcu,
  rcu_head,
  srcu_barrier,
  srcu_callbacks,
  srcu_read_lock,
  srcu_read_unlock,
  srcu_struct,
  start_poll_synchronize_srcu,
  synchronize_srcu,
} from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'
import { twice } from './bodies.ts'

/** `gp` points at the current object; each updater puts in the next and frees what it took out. */
interface Protected extends Record<string, number> {
  readonly ss: number
  readonly gp: number
  readonly objects: number
}

const OBJECT_WORDS = 16
const freeObject = srcu_callbacks.define('explored_object', (head) =>
  trace_free(head, OBJECT_WORDS, 'object'),
)

function setup(scene: Scene): Protected {
  const ss = scene.name(alloc_boot(srcu_struct.words), 'ss', srcu_struct)
  check(init_srcu_struct(as(ss), 'ss') === 0, 'no memory')
  const gp = scene.name(alloc_boot(1), 'gp')
  const objects = alloc_boot(4 * OBJECT_WORDS)
  for (let i = 0; i < 4; i++) scene.name(objects + i * OBJECT_WORDS, `object_${i}`, OBJECT_WORDS)
  write(gp, objects)
  return { ss, gp, objects }
}

type Body = (s: Protected) => void

function reader({ ss, gp }: Protected): void {
  const idx = srcu_read_lock(as(ss))
  read(READ_ONCE(gp) + rcu_head.words)
  srcu_read_unlock(as(ss), idx)
}

/** Enters twice: what the outer one protects is used when the inner one has left. */
function nestedReader({ ss, gp }: Protected): void {
  const outer = srcu_read_lock(as(ss))
  const object = READ_ONCE(gp)
  srcu_read_unlock(as(ss), srcu_read_lock(as(ss)))
  read(object + rcu_head.words)
  srcu_read_unlock(as(ss), outer)
}

/** An updater that installs object n. */
function updater(n: number): Body {
  return function update({ ss, gp, objects }) {
    const old = xchg(gp, objects + n * OBJECT_WORDS)
    synchronize_srcu(as(ss))
    trace_free(old, OBJECT_WORDS, 'object')
  }
}

/** Two grace periods in a row: the second is the one that a single drain gets wrong. */
function twoUpdates(s: Protected): void {
  updater(1)(s)
  updater(2)(s)
}

function poller({ ss, gp, objects }: Protected): void {
  const old = xchg(gp, objects + OBJECT_WORDS)
  const cookie = start_poll_synchronize_srcu(as(ss))
  if (poll_state_synchronize_srcu(as(ss), cookie)) trace_free(old, OBJECT_WORDS, 'object')
}

function caller({ ss, gp, objects }: Protected): void {
  const old = xchg(gp, objects + OBJECT_WORDS)
  check(call_srcu(as(ss), as(old), freeObject) === 0, 'call_srcu failed')
  srcu_barrier(as(ss))
}

const srcu = family<Protected>({ setup })

/** Models of SRCU. */
export const srcus: readonly Model[] = [
  srcu('srcu', 'reader, 2 rounds ‖ two updates', [twice(reader), twoUpdates]),
  srcu('srcu-3', 'two readers ‖ update', [reader, reader, updater(1)]),
  srcu('srcu-nested', 'a reader inside a reader ‖ update', [nestedReader, updater(1)]),
  srcu('srcu-updaters', 'reader ‖ two updaters that share grace periods', [reader, updater(1), updater(2)]),
  srcu('srcu-poll', 'two readers ‖ a polled grace period', [reader, reader, poller]),
  srcu('srcu-poll-sync', 'reader ‖ a polled grace period ‖ synchronize_srcu', [reader, poller, updater(2)], {
    bound: 3,
  }),
  srcu('srcu-call', 'two readers ‖ call_srcu and srcu_barrier', [reader, reader, caller]),
  srcu(
    'srcu-no-wait',
    'WRONG: reader ‖ an update that frees at once',
    [
      reader,
      ({ gp, objects }) => {
        trace_free(xchg(gp, objects + OBJECT_WORDS), OBJECT_WORDS, 'object')
      },
    ],
    { expect: 'use after free' },
  ),
]
