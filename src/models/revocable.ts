/**
 * Models of revocable, state by state (fences/revocable.ts): after the revocation nobody has the resource, its memory is not used,
 * and the revocation ends. States 1 and 2 must fail as the mail that took them out says, state 3 must hold; Rust's
 * Revocable with both its ways of access.
 */
import { named } from './bodies.ts'
import { read, READ_ONCE, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import {
  fence_domains,
  fence_domains_init,
  fence_domains_root,
  rcu_read_lock,
  rcu_read_unlock,
  synchronize_rcu,
} from '../fences/domains.ts'
import {
  revocable_deinit,
  revocable_get,
  revocable_handle_exit,
  revocable_handle_init,
  revocable_init,
  revocable_provider_alloc,
  revocable_put,
  revocable_revoke,
  revocable_revoke_pointer,
  revocable_try_access,
  revocable_withdraw_access,
} from '../fences/revocable.ts'
import { revocable, revocable_provider, type Revocable } from '../fences/revocable_struct.ts'
import { alloc_boot } from '../mem/arena.ts'
import {
  mutex,
  mutex_init,
  mutex_lock,
  mutex_unlock,
  spin_lock,
  spin_lock_init,
  spin_unlock,
  spinlock,
  srcu_struct,
  rcu_assign_pointer,
} from '../sync/index.ts'
import { check, type Model, type Scene } from '../define/model.ts'
import { family } from './family.ts'

interface Shared extends Record<string, number> {
  /** The provider, and where the producer keeps its pointer. */
  readonly rp: number
  readonly producer: number
  /** The resource: one word per consumer. Freed after the revocation. */
  readonly res: number
  /** Handles: of the file, and of each thread's stack. */
  readonly file: number
  readonly stack: number
  /** A spinlock of a consumer. */
  readonly lock: number
}
type Body = (s: Shared) => void

const RES_WORDS = 4
const HANDLE = revocable.words

function setup(scene: Scene): Shared {
  check(fence_domains_init() === 0, 'fence_domains_init')
  scene.name(fence_domains.at.rcu(fence_domains_root()), 'rcu', srcu_struct)
  const res = scene.name(alloc_boot(RES_WORDS), 'res', RES_WORDS)
  const rp = scene.name(revocable_provider_alloc(res), 'rp', revocable_provider)
  check(rp !== 0, 'no provider')
  const producer = scene.name(alloc_boot(1), 'producer')
  write(producer, rp)
  const file = scene.name(alloc_boot(HANDLE), 'file', revocable)
  const stack = alloc_boot(2 * HANDLE)
  for (let i = 0; i < 2; i++) scene.name(stack + i * HANDLE, `stack_${i}`, revocable)
  const lock = scene.name(alloc_boot(spinlock.words), 'lock', spinlock)
  spin_lock_init(as(lock), 'lock')
  return { rp, producer, res, file, stack, lock }
}

/** The file of state 1 has a handle from its open on. */
function setupHandle(scene: Scene): Shared {
  const s = setup(scene)
  revocable_handle_init(as(s.file), as(s.rp))
  return s
}

/** State 2 without its second commit: the file has a handle from its open on, and the index in it. */
function setupInited(scene: Scene): Shared {
  const s = setup(scene)
  check(revocable_init(as(s.rp), as(s.file)) === 0, 'revocable_init')
  return s
}

/** The file of state 3 has a count from its open on. */
function setupCounted(scene: Scene): Shared {
  const s = setup(scene)
  revocable_get(as(s.rp))
  return s
}

/** Uses the resource through a handle that is made: each consumer a word of its own. */
function access(rev: Revocable, cpu: number): void {
  const res = revocable_try_access(rev)
  if (res !== 0) write(res + cpu, read(res + cpu) + 1)
  revocable_withdraw_access(rev)
}

const on = (s: Shared, cpu: number): Revocable => as(s.stack + cpu * HANDLE)

/** A call through the handle of the file: state 1, and state 3 against its rule. */
const throughFile = (cpu: number): Body => named('read', (s) => access(as(s.file), cpu))

/** A call of state 3: a handle of its own, over the provider that the file counts. */
const throughStack = (cpu: number): Body =>
  named('read', (s) => {
    revocable_handle_init(on(s, cpu), as(s.rp))
    access(on(s, cpu), cpu)
    revocable_handle_exit(on(s, cpu))
  })

/** A call of state 2, of the provider that `where` says. */
const inited = (cpu: number, where: (s: Shared) => number): Body =>
  named('read', (s) => {
    if (revocable_init(as(where(s)), on(s, cpu)) !== 0) return
    access(on(s, cpu), cpu)
    revocable_deinit(on(s, cpu))
  })
/** private_data, filled in at open. */
const copy = ({ rp }: Shared): number => rp
/** The producer's own pointer, read at the call: the argument is a value all the same. */
const atCall = ({ producer }: Shared): number => READ_ONCE(producer)

/** The last close, after the calls. */
const close: Body = named('close', (s) => revocable_put(as(s.rp)))
const readAndClose = (cpu: number): Body =>
  named('read_and_close', (s) => {
    throughStack(cpu)(s)
    close(s)
  })

/** The last close where nobody may sleep: a consumer that is in an interrupt, or holds a spinlock. */
const closeAtomic: Body = named('close_atomic', (s) => {
  spin_lock(as(s.lock))
  close(s)
  spin_unlock(as(s.lock))
})

/** The provider goes, and the resource after it. */
const remove: Body = named('remove', ({ rp, res }) => {
  revocable_revoke(as(rp))
  trace_free(res, RES_WORDS, 'res')
})
const removePointer: Body = named('remove', ({ producer, res }) => {
  revocable_revoke_pointer(producer)
  trace_free(res, RES_WORDS, 'res')
})

const common = { arenaWords: 1 << 14, maxSteps: 2000, fold: ['mem', 'sync'] } as const
const model = family<Shared>({ setup, ...common })
/** The index is written by two threads at once; what comes of it is looked for, not the data race. */
const HANGS = { races: false, expect: 'deadlock' } as const
const FREED = { expect: 'use after free' } as const

interface Rust extends Shared {
  /** device_lock of the device whose driver provides, and whether it has a driver. */
  readonly device: number
  readonly bound: number
}
function setupRust(scene: Scene): Rust {
  const lock = scene.name(alloc_boot(mutex.words), 'dev->mutex', mutex)
  mutex_init(as(lock), '&dev->mutex')
  const bound = scene.name(alloc_boot(1), 'bound')
  write(bound, 1)
  return { ...setup(scene), device: lock, bound }
}

const rust = family<Rust>({ setup: setupRust, ...common }, 'rust-')

/** try_access: a reader of RCU over the flag. */
const tryAccess = (cpu: number): ((s: Rust) => void) =>
  function try_access({ producer, res }) {
    const guard = rcu_read_lock()
    if (READ_ONCE(producer) !== 0) write(res + cpu, read(res + cpu) + 1)
    rcu_read_unlock(guard)
  }
/** access: a callback of the bus has a &Device<Bound>, and needs nothing else: the device is not unbound meanwhile. */
function access_bound({ device: lock, bound, res }: Rust): void {
  mutex_lock(as(lock))
  if (read(bound) === 1) write(res, read(res) + 1)
  mutex_unlock(as(lock))
}
/** What the type forbids: the proof is kept beyond the scope that gave it. */
function access_kept({ device: lock, bound, res }: Rust): void {
  mutex_lock(as(lock))
  const proof = read(bound)
  mutex_unlock(as(lock))
  if (proof === 1) write(res, read(res) + 1)
}
/** Unbinding: device_lock is held, Devres revokes, the resource is dropped. */
function unbind({ device: lock, bound, producer, res }: Rust): void {
  mutex_lock(as(lock))
  write(bound, 0)
  rcu_assign_pointer(producer, 0)
  synchronize_rcu()
  trace_free(res, RES_WORDS, 'res')
  mutex_unlock(as(lock))
}

/** Models of revocable. */
export const revocables: readonly Model[] = [
  model(
    'revocable-1',
    'state 1 (62eb557580eb): two threads read through one file ‖ revoke; one overwrites the index of the other',
    [throughFile(0), throughFile(1), remove],
    { setup: setupHandle, ...HANGS },
  ),
  model(
    'revocable-1-alone',
    'state 1: one thread reads through its file ‖ revoke',
    [throughFile(0), remove],
    { setup: setupHandle },
  ),
  model(
    'revocable-2-index',
    'state 2 without 377563ce0653: two threads read through one file ‖ revoke; the index is still shared',
    [throughFile(0), throughFile(1), removePointer],
    { setup: setupInited, ...HANGS },
  ),
  model(
    'revocable-2',
    'state 2 (4d7dc4d1a62d, 377563ce0653): a reader with a copy of the pointer ‖ revoke',
    [inited(0, copy), removePointer],
    FREED,
  ),
  model(
    'revocable-2-at-call',
    'state 2: a reader that fetches the pointer at the call ‖ revoke; by value it is late, too',
    [inited(0, atCall), removePointer],
    FREED,
  ),
  model(
    'revocable-3',
    'state 3 (v11): a read through a file, and its close ‖ revoke',
    [readAndClose(0), remove],
    { setup: setupCounted },
  ),
  model(
    'revocable-3-file',
    'state 3 (v11): two threads read through one file ‖ revoke',
    [throughStack(0), throughStack(1), remove],
    { setup: setupCounted },
  ),
  model(
    'revocable-3-shared',
    'WRONG: state 3, but two threads share a handle by hand ‖ revoke',
    [throughFile(0), throughFile(1), remove],
    { setup: setupHandle, ...HANGS },
  ),
  model(
    'revocable-3-uncounted',
    'WRONG: state 3, but the reader took no count before the provider revoked',
    [throughStack(0), remove],
    FREED,
  ),
  model(
    'revocable-3-atomic',
    'state 3 (v11): the last count is dropped where nobody may sleep ‖ revoke; the domain is cleaned up there',
    [closeAtomic, remove],
    { setup: setupCounted, expect: 'sleep in atomic context' },
  ),
  rust('try-access', 'Revocable::try_access, two readers ‖ unbinding', [tryAccess(0), tryAccess(1), unbind]),
  rust('access', 'Devres::access with a bound device, and try_access ‖ unbinding', [
    access_bound,
    tryAccess(1),
    unbind,
  ]),
  rust(
    'access-kept',
    'WRONG: a bound device is kept beyond its scope ‖ unbinding',
    [access_kept, unbind],
    FREED,
  ),
]
