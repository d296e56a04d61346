/** Bodies for the tests of ww_mutex. Each takes the addresses it works on. */
import { fetch_add, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL, type Addr } from '../../src/base/addr.ts'
import { EDEADLK } from '../../src/base/errno.ts'
import { Rng } from '../../src/base/rng.ts'
import { task_of, task_struct } from '../../src/mem/task.ts'
import * as sync from '../../src/sync/index.ts'
import { arrive, await_stage, nap, reach, type SyncArg } from './sync_stage.ts'
import { CTX, GUARDED, LOCKS, RESOLVE, SPIN, STRESS_LOCKS, TRY } from './ww_words.ts'

type Ctx = Addr<'ww_acquire_ctx'>
type Lock = Addr<'ww_mutex'>

/**
 * Everybody takes two locks of a class, in the order of his CPU, and adds to a word under both. Returns how often he had to back
 * off.
 */
export function wwPairs(cpu: number, cpus: number, arg: SyncArg): number {
  const ww = as<'ww_class'>(arg.words)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  const locks = [0, 1].map((i) => as<'ww_mutex'>(arg.object + 16 * i))
  const [first, second] = (cpu & 1) === 0 ? locks : locks.toReversed()
  let backed = 0
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  for (let i = 0; i < arg.rounds; i++) {
    sync.ww_acquire_init(ctx, ww, 'pair')
    let [have, want] = [first, second] as [typeof first & number, typeof second & number]
    sync.ww_mutex_lock(have, ctx)
    if ((i & 15) === 0) nap()
    while (sync.ww_mutex_lock(want, ctx) === -EDEADLK) {
      backed++
      sync.ww_mutex_unlock(have)
      sync.ww_mutex_lock(want, ctx)
      ;[have, want] = [want, have]
    }
    write(arg.words + 8, read(arg.words + 8) + 1)
    sync.ww_mutex_unlock(first as typeof have)
    sync.ww_mutex_unlock(second as typeof have)
    sync.ww_acquire_fini(ctx)
  }
  return backed
}

const NAME = 'kernel_test'
const BLOCKED_ON = task_struct.offset.blocked_on
/** Words of wwExclusion: tries in vain, and 1 when the lock has been had. */
const TRIES = 8
const GOT = 9

function context(cpu: number, arg: SyncArg): Ctx {
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  sync.ww_acquire_init(ctx, as(arg.words), NAME)
  return ctx
}

/** The other one of wwExclusion: takes the lock when told to, and says that it has it. */
function wants(flags: number, { object, stage, words }: SyncArg): void {
  await_stage(stage, 2 * flags + 1)
  if ((flags & TRY) === 0) sync.ww_mutex_lock(as(object), NULL)
  else while (!sync.ww_mutex_trylock(as(object), NULL)) fetch_add(words + TRIES, 1)
  WRITE_ONCE(words + GOT, 1)
  sync.ww_mutex_unlock(as(object))
  reach(stage, 2 * flags + 2)
}

/** Holds the lock until the other one has tried often, or sleeps on it. Returns whether it had it too early. */
function holds(flags: number, arg: SyncArg): boolean {
  const { object, stage, words } = arg
  const ctx = (flags & CTX) === 0 ? NULL : context(0, arg)
  const waits = (): boolean =>
    (flags & TRY) === 0 ? READ_ONCE(task_of(1) + BLOCKED_ON) !== 0 : READ_ONCE(words + TRIES) > 50
  WRITE_ONCE(words + TRIES, 0)
  WRITE_ONCE(words + GOT, 0)
  sync.ww_mutex_lock(as(object), ctx)
  reach(stage, 2 * flags + 1)
  while (READ_ONCE(words + GOT) === 0 && !waits()) if ((flags & SPIN) === 0) nap()
  const early = READ_ONCE(words + GOT) === 1
  sync.ww_mutex_unlock(as(object))
  if (ctx !== NULL) sync.ww_acquire_fini(ctx)
  await_stage(stage, 2 * flags + 2)
  return early
}

/** Two want one lock, in every way that the bits below `rounds` say. Returns the ways in which both had it. */
export function wwExclusion(cpu: number, _cpus: number, arg: SyncArg): number[] {
  const ways = Array.from({ length: arg.rounds }, (_, flags) => flags)
  if (cpu === 0) return ways.filter((flags) => holds(flags, arg))
  for (const flags of ways) wants(flags, arg)
  return []
}

/**
 * Each has one lock, taken or tried for, and wants the other's: one of them must back off, whoever is younger. CPU 0 is the older
 * one. Returns what it got first, or with RESOLVE last.
 */
export function wwConflict(cpu: number, _cpus: number, arg: SyncArg): number {
  const mine = as<'ww_mutex'>(arg.object + 16 * cpu)
  const other = as<'ww_mutex'>(arg.object + 16 * (1 - cpu))
  await_stage(arg.stage, cpu)
  const ctx = context(cpu, arg)
  if ((arg.rounds & TRY) === 0) sync.ww_mutex_lock(mine, ctx)
  else if (!sync.ww_mutex_trylock(mine, ctx)) return 1
  arrive(arg.stage)
  await_stage(arg.stage, 2)
  const held = [mine]
  let error = sync.ww_mutex_lock(other, ctx)
  if (error === 0) held.push(other)
  else if ((arg.rounds & RESOLVE) !== 0) {
    sync.ww_mutex_unlock(mine)
    sync.ww_mutex_lock(other, ctx)
    error = sync.ww_mutex_lock(mine, ctx)
    if (error === 0) held.push(other)
    else held[0] = other
  }
  // Its own last: who waits for that finds the other one free.
  for (const lock of held.toReversed()) sync.ww_mutex_unlock(lock)
  sync.ww_acquire_fini(ctx)
  return error
}

const lockAt = (arg: SyncArg, i: number): Lock => as(arg.words + LOCKS + 16 * i)

function bump(arg: SyncArg, i: number): void {
  write(arg.words + GUARDED + i, read(arg.words + GUARDED + i) + 1)
}

/**
 * Takes the locks in this order. Who must back off gives all back and takes the contended one first; with `front` it also stays
 * first. Returns how often that was.
 */
function takeAll(order: Lock[], ctx: Ctx, front: boolean): number {
  let backed = 0
  for (let contended = -1; ;) {
    const failed = order.findIndex((lock, i) => i !== contended && sync.ww_mutex_lock(lock, ctx) === -EDEADLK)
    if (failed < 0) return backed
    backed++
    order.forEach((lock, i) => {
      if (i < failed || i === contended) sync.ww_mutex_unlock(lock)
    })
    sync.ww_mutex_lock(order[failed] as Lock, ctx)
    contended = failed
    if (!front) continue
    order.unshift(...order.splice(failed, 1))
    contended = 0
  }
}

/** A circle of tasks: each has its own lock and wants the next one's. Returns how often it had to back off. */
export function wwCycle(cpu: number, cpus: number, arg: SyncArg): number {
  const [mine, next] = [lockAt(arg, cpu), lockAt(arg, (cpu + 1) % cpus)]
  const ctx = context(cpu, arg)
  sync.ww_mutex_lock(mine, ctx)
  arrive(arg.stage)
  await_stage(arg.stage, cpus)
  let backed = 0
  if (sync.ww_mutex_lock(next, ctx) === -EDEADLK) {
    sync.ww_mutex_unlock(mine)
    sync.ww_mutex_lock(next, ctx)
    backed = 1
    const order = [next, mine]
    if (sync.ww_mutex_lock(mine, ctx) === -EDEADLK) {
      sync.ww_mutex_unlock(next)
      backed += 1 + takeAll(order, ctx, true)
    }
  }
  sync.ww_mutex_unlock(mine)
  sync.ww_mutex_unlock(next)
  sync.ww_acquire_fini(ctx)
  return backed
}

function stress(cpu: number, arg: SyncArg, front: boolean): void {
  const rng = new Rng(7, cpu)
  const ctx = as<'ww_acquire_ctx'>(arg.words + 16 + 8 * cpu)
  for (let i = 0; i < arg.rounds; i++) {
    const order = Array.from({ length: STRESS_LOCKS }, (_, n) => lockAt(arg, n))
    for (let n = order.length - 1; n > 0; n--) order.splice(rng.u32() % (n + 1), 0, ...order.splice(n, 1))
    sync.ww_acquire_init(ctx, as(arg.words), NAME)
    takeAll(order, ctx, front)
    for (let n = 0; n < STRESS_LOCKS; n++) bump(arg, n)
    for (const lock of order) sync.ww_mutex_unlock(lock)
    sync.ww_acquire_fini(ctx)
  }
}

/** All locks in an order of its own, again and again. */
export function wwStressInOrder(cpu: number, _cpus: number, arg: SyncArg): void {
  stress(cpu, arg, false)
}

/** The same; the contended lock comes to the front of the order. */
export function wwStressReorder(cpu: number, _cpus: number, arg: SyncArg): void {
  stress(cpu, arg, true)
}

/** One lock, without a context, beside those. */
export function wwStressOne(cpu: number, _cpus: number, arg: SyncArg): void {
  const which = cpu % STRESS_LOCKS
  for (let i = 0; i < arg.rounds; i++) {
    sync.ww_mutex_lock(lockAt(arg, which), NULL)
    bump(arg, which)
    sync.ww_mutex_unlock(lockAt(arg, which))
  }
}
