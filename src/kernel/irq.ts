/**
 * Interrupts: request, free, delivery.
 *
 * A device raises an interrupt from any CPU, which only marks it pending; a CPU that serves (service.ts) calls the
 * handler, as a threaded interrupt: handlers may sleep. Raised again before it is served it is served once; raised while
 * its handler runs it is served again afterwards.
 *
 * State of a descriptor   pending: raised and not yet served · running: a handler is inside · again: raised meanwhile
 * Invariant   after free_irq has returned no handler of it runs and none will.
 * Lost        irq_lose(irq, n) lets the next n raises vanish on the wire. Raised without a handler: counted as spurious.
 * Order       desc->lock is a leaf; handlers run without it. free_irq and synchronize_irq wait for the handler: never with
 *             a lock held that it takes.
 * Context     raise_irq: any. request, free, synchronize: may sleep.
 * Source      kernel/irq/manage.c, handle.c
 */
import { cmpxchg, fetch_add, fetch_and, fetch_or, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { might_sleep } from '#trace'
import { as, type Addr } from '../base/addr.ts'
import { EBUSY, EINVAL, ENOMEM } from '../base/errno.ts'
import { OpsTable } from '../base/ops.ts'
import {
  alloc_boot,
  embed,
  guarded_by,
  ida_alloc,
  ida_free,
  rootAddr,
  should_fail,
  struct,
  word,
} from '../mem/index.ts'
import {
  finish_wait,
  init_waitqueue_head,
  prepare_to_wait,
  spin_lock,
  spin_lock_init,
  spin_unlock,
  spinlock,
  wait_queue_head,
  wait_token,
  wait_woken,
  wake_up_all,
} from '../sync/index.ts'
import { wake_service } from './workqueue.ts'

export const IRQ_NONE = 0
export const IRQ_HANDLED = 1
/** Interrupt numbers of a machine. */
export const NR_IRQS = 1024

export const irq_desc = struct('irq_desc', {
  lock: embed(spinlock),
  /** Id of irq_handlers; 0: nobody has requested it. */
  handler: guarded_by('desc->lock', word),
  /** What the handler gets. */
  dev_id: guarded_by('desc->lock', word),
  running: guarded_by('desc->lock', word),
  again: guarded_by('desc->lock', word),
  /** Raises still to be lost. Atomic. */
  lose: word,
})
type Desc = Addr<'irq_desc'>
const D = irq_desc.offset
const LOCK = irq_desc.at.lock
/** Descriptors lie on cache lines of their own. */
const STRIDE = 16

const irq_globals = struct('irq_globals', {
  /** Threads that wait for a handler to end. */
  wait: embed(wait_queue_head),
  descs: word,
  /** Bitmap of numbers in use. Atomic. */
  used: word,
  /** Bitmap of raised interrupts. Atomic. */
  pending: word,
  handled: word,
  lost: word,
  spurious: word,
})
const G = irq_globals.offset
const ROOT = rootAddr('irq')
const MAP_WORDS = NR_IRQS / 32

/** Gets the number and the dev_id of its request; returns IRQ_HANDLED or IRQ_NONE. */
export type IrqHandler = (irq: number, dev_id: number) => number
export const irq_handlers = new OpsTable<IrqHandler>('irq handler')

/** Prepares the descriptors. Boot CPU only. Returns false when the arena is full. */
export function irq_init(): boolean {
  const g = alloc_boot(irq_globals.words)
  const descs = alloc_boot(NR_IRQS * STRIDE)
  const maps = alloc_boot(2 * MAP_WORDS)
  if (g === 0 || descs === 0 || maps === 0) return false
  init_waitqueue_head(irq_globals.at.wait(as(g)))
  for (let i = 0; i < NR_IRQS; i++) spin_lock_init(as(descs + i * STRIDE), '&desc->lock')
  write(g + G.descs, descs)
  write(g + G.used, maps)
  write(g + G.pending, maps + MAP_WORDS)
  // Number 0 is never given out: it means no interrupt.
  WRITE_ONCE(maps, 1)
  write(ROOT, g)
  return true
}

function desc_of(irq: number): Desc {
  return as(read(read(ROOT) + G.descs) + irq * STRIDE)
}

/** Takes a free number. Returns it or -ENOSPC. */
export function irq_alloc_desc(): number {
  return ida_alloc(read(read(ROOT) + G.used), NR_IRQS)
}

/** Gives a number back; what is still raised on it is forgotten. */
export function irq_free_desc(irq: number): void {
  fetch_and(read(read(ROOT) + G.pending) + (irq >> 5), ~(1 << (irq & 31)))
  WRITE_ONCE(desc_of(irq) + D.lose, 0)
  ida_free(read(read(ROOT) + G.used), irq)
}

/**
 * Has `handler` called when the interrupt is raised.
 * @param handler id of irq_handlers
 * @returns 0, -EINVAL for a number out of range, -EBUSY if it has a handler, -ENOMEM
 */
export function request_irq(irq: number, handler: number, dev_id: number): number {
  if (irq <= 0 || irq >= NR_IRQS) return -EINVAL
  if (should_fail()) return -ENOMEM
  const desc = desc_of(irq)
  spin_lock(LOCK(desc))
  const busy = read(desc + D.handler) !== 0
  if (!busy) {
    write(desc + D.handler, handler)
    write(desc + D.dev_id, dev_id)
  }
  spin_unlock(LOCK(desc))
  return busy ? -EBUSY : 0
}

/** Takes the handler away and waits until it does not run. */
export function free_irq(irq: number): void {
  const desc = desc_of(irq)
  spin_lock(LOCK(desc))
  write(desc + D.handler, 0)
  write(desc + D.dev_id, 0)
  spin_unlock(LOCK(desc))
  synchronize_irq(irq)
}

/** Waits until the handler that runs now, if any, has returned. */
export function synchronize_irq(irq: number): void {
  might_sleep()
  const desc = desc_of(irq)
  const wait = irq_globals.at.wait(as(read(ROOT)))
  prepare_to_wait(wait)
  for (;;) {
    const token = wait_token(wait)
    spin_lock(LOCK(desc))
    const running = read(desc + D.running)
    spin_unlock(LOCK(desc))
    if (running === 0) break
    wait_woken(wait, token)
  }
  finish_wait(wait)
}

/** True if somebody has requested the interrupt. */
export function irq_has_action(irq: number): boolean {
  const desc = desc_of(irq)
  spin_lock(LOCK(desc))
  const has = read(desc + D.handler) !== 0
  spin_unlock(LOCK(desc))
  return has
}

/** Lets the next `n` raises of the interrupt vanish. */
export function irq_lose(irq: number, n: number): void {
  WRITE_ONCE(desc_of(irq) + D.lose, n)
}

/** True if this raise is one of those to be lost: one fewer are then. Never below 0: a loss asked for meanwhile would count twice. */
function is_lost(lose: number): boolean {
  for (;;) {
    const left = READ_ONCE(lose)
    if (left === 0) return false
    if (cmpxchg(lose, left, left - 1) === left) return true
  }
}

/** A device raises its interrupt: a CPU that serves will call the handler. */
export function raise_irq(irq: number): void {
  if (is_lost(desc_of(irq) + D.lose)) {
    fetch_add(read(ROOT) + G.lost, 1)
    return
  }
  fetch_or(read(read(ROOT) + G.pending) + (irq >> 5), 1 << (irq & 31))
  wake_service()
}

/** Lowest raised interrupt, its mark taken; 0 if there is none. */
function claim(): number {
  const pending = read(read(ROOT) + G.pending)
  for (let i = 0; i < MAP_WORDS; i++) {
    for (;;) {
      const seen = READ_ONCE(pending + i)
      if (seen === 0) break
      const bit = 31 - Math.clz32(seen & -seen)
      if ((fetch_and(pending + i, ~(1 << bit)) & (1 << bit)) !== 0) return (i << 5) + bit
    }
  }
  return 0
}

/** True if an interrupt is raised and not yet served: a hint. */
export function irq_pending(): boolean {
  const pending = read(read(ROOT) + G.pending)
  for (let i = 0; i < MAP_WORDS; i++) if (READ_ONCE(pending + i) !== 0) return true
  return false
}

/** Calls the handler once more until nobody has raised it meanwhile. desc->lock is held, also on return. */
function handle(desc: Desc, irq: number): void {
  do {
    write(desc + D.again, 0)
    const handler = read(desc + D.handler)
    const dev_id = read(desc + D.dev_id)
    if (handler === 0) {
      fetch_add(read(ROOT) + G.spurious, 1)
      return
    }
    write(desc + D.running, 1)
    spin_unlock(LOCK(desc))
    const result = irq_handlers.get(handler)(irq, dev_id)
    fetch_add(read(ROOT) + (result === IRQ_HANDLED ? G.handled : G.spurious), 1)
    spin_lock(LOCK(desc))
    write(desc + D.running, 0)
  } while (read(desc + D.again) === 1)
}

/** Serves one raised interrupt. Returns true if there was one. */
export function handle_one_irq(): boolean {
  const irq = claim()
  if (irq === 0) return false
  const desc = desc_of(irq)
  spin_lock(LOCK(desc))
  // Another CPU is in the handler: let that one serve this raise too.
  const elsewhere = read(desc + D.running) === 1
  if (elsewhere) write(desc + D.again, 1)
  else handle(desc, irq)
  spin_unlock(LOCK(desc))
  if (!elsewhere) wake_up_all(irq_globals.at.wait(as(read(ROOT))))
  return true
}

/** What became of the interrupts raised so far. Allocates. */
export function irq_counts(): { handled: number; lost: number; spurious: number } {
  const g = read(ROOT)
  return {
    handled: READ_ONCE(g + G.handled),
    lost: READ_ONCE(g + G.lost),
    spurious: READ_ONCE(g + G.spurious),
  }
}
