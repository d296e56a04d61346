/**
 * How the record of held locks follows the task: taking, giving back in any order, downgrading.
 *
 * Invariant   the record and the chain key are those of a task that took the locks it holds now in this order: a release from
 *             the middle takes what lies above again.
 */
import { smp_processor_id } from '#access'
import { raw_read, raw_write } from '../../mem/raw.ts'
import { CLASS, classAt, markUsed, waitType } from '../lock_class.ts'
import { Captures } from './captures.ts'
import { chainHigh, chainLow, hlockId, knownChain, setChainKey } from './chains.ts'
import type { Context } from './context.ts'
import { MAX_LOCK_DEPTH } from './globals.ts'
import {
  depthOf,
  entryOf,
  F_CHECK,
  F_SYNC,
  F_TRY,
  findHeld,
  H_CHAIN_HI,
  H_CHAIN_LO,
  H_DEPTH,
  H_HITS,
  H_MISSES,
  heldLocks,
  heldOf,
  L_CLASS,
  L_REFERENCES,
  MODE_MASK,
  popHeld,
  pushHeld,
  type HeldLock,
} from './held.ts'
import { reportNotNested } from './report_order.ts'
import { reportLimit, reportWaitContext } from './report_use.ts'
import { validateChain } from './validate.ts'

/** A lock that is about to be taken. `flags` as in a held lock: mode, F_TRY, F_CHECK, F_SYNC. */
export interface Request {
  readonly lock: number
  readonly cls: number
  readonly flags: number
  /** Outer lock that orders this one, 0 for none. */
  readonly nest: number
}

/** Keeps the held locks of this thread's CPUs, and has every new sequence of them validated. */
export class Taking {
  readonly captures: Captures

  /** @param between frames of others between a tracepoint and lockdep */
  constructor(between: number) {
    this.captures = new Captures(between)
  }

  context(globals: number): Context {
    return this.captures.context(globals, smp_processor_id())
  }

  /** Checks a lock and puts it on the record. */
  acquire(globals: number, request: Request): void {
    const { cls, flags, nest } = request
    const task = heldOf(globals, smp_processor_id())
    const sync = (flags & F_SYNC) !== 0
    const depth = raw_read(task + H_DEPTH)
    if (nest !== 0 && depth > 0 && merge(task, depth - 1, cls)) return
    if (depth >= MAX_LOCK_DEPTH) {
      reportLimit(this.context(globals), 'MAX_LOCK_DEPTH')
      return
    }
    this.captures.note(smp_processor_id(), depth)
    this.#checkWait(globals, task, request)
    if ((flags & F_CHECK) !== 0 && !sync) markUsed(cls, flags & MODE_MASK)
    if (nest !== 0 && findHeld(task, nest) < 0) {
      reportNotNested(this.context(globals), this.#asHeld(request), 0)
    }
    this.#chain(globals, task, request, 0)
  }

  /** Moves the chain key on, validates it if it is new, and puts the lock on top. */
  #chain(globals: number, task: number, request: Request, references: number): void {
    const { lock, cls, flags, nest } = request
    const id = hlockId(cls, flags & MODE_MASK)
    const low = chainLow(raw_read(task + H_CHAIN_LO), id)
    const high = chainHigh(raw_read(task + H_CHAIN_HI), id)
    if ((flags & (F_CHECK | F_TRY)) === F_CHECK) {
      const known = knownChain(globals, low, high)
      const counter = task + (known ? H_HITS : H_MISSES)
      raw_write(counter, raw_read(counter) + 1)
      if (!known) validateChain(this.context(globals), this.#asHeld(request), low, high)
    }
    if ((flags & F_SYNC) !== 0) return
    pushHeld(task, lock, cls, flags, nest, 0, references)
    setChainKey(task, low, high)
  }

  #asHeld({ lock, cls, flags, nest }: Request): HeldLock {
    return {
      lock,
      class: cls,
      read: flags & MODE_MASK,
      trylock: (flags & F_TRY) !== 0,
      check: (flags & F_CHECK) !== 0,
      sync: (flags & F_SYNC) !== 0,
      nest,
      ip: this.captures.here(),
      references: 0,
    }
  }

  /** A lock that sleeps must not be taken under one that spins. */
  #checkWait(globals: number, task: number, request: Request): void {
    const wanted = waitType(raw_read(classAt(request.cls) + CLASS.kind))
    if (wanted === 0 || (request.flags & F_TRY) !== 0) return
    for (let i = depthOf(task) - 1; i >= 0; i--) {
      const held = waitType(raw_read(classAt(raw_read(entryOf(task, i) + L_CLASS)) + CLASS.kind))
      if (held === 0 || held >= wanted) continue
      reportWaitContext(this.context(globals), this.#asHeld(request))
      return
    }
  }

  /** Takes a lock off the record. False if the task does not hold it. */
  release(globals: number, lock: number): boolean {
    const task = heldOf(globals, smp_processor_id())
    const at = findCounted(task, lock)
    if (at < 0) return false
    const references = entryOf(task, at) + L_REFERENCES
    if (raw_read(references) > 1) raw_write(references, raw_read(references) - 1)
    else if (at === raw_read(task + H_DEPTH) - 1) popHeld(task, at)
    else this.#rebuild(globals, task, at, (held) => held.slice(1))
    return true
  }

  /** Turns a held lock into one held for reading. False if the task does not hold it. */
  downgrade(globals: number, lock: number): boolean {
    const task = heldOf(globals, smp_processor_id())
    const at = findHeld(task, lock)
    if (at < 0) return false
    markUsed(raw_read(entryOf(task, at) + L_CLASS), 1)
    this.#rebuild(globals, task, at, (held) => held.map((one, i) => (i === 0 ? { ...one, read: 1 } : one)))
    return true
  }

  /** Goes back to below entry `at` and takes what `change` makes of the entries from there on. */
  #rebuild(globals: number, task: number, at: number, change: (held: HeldLock[]) => HeldLock[]): void {
    this.captures.flush(globals, smp_processor_id())
    const again = change(heldLocks(task).slice(at))
    popHeld(task, at)
    for (const held of again) {
      const flags = held.read | (held.trylock ? F_TRY : 0) | (held.check ? F_CHECK : 0)
      const { lock, class: cls, nest, references } = held
      this.#chain(globals, task, { lock, cls, flags, nest }, references)
      this.captures.restore(task, held)
    }
  }
}

/** Locks of one class under one nest_lock are counted in one entry. */
function merge(task: number, top: number, cls: number): boolean {
  const entry = entryOf(task, top)
  if (raw_read(entry + L_CLASS) !== cls) return false
  raw_write(entry + L_REFERENCES, Math.max(1, raw_read(entry + L_REFERENCES)) + 1)
  return true
}

/** Entry of a lock: its own, or else the innermost one that counts several. */
function findCounted(task: number, lock: number): number {
  const at = findHeld(task, lock)
  if (at >= 0) return at
  for (let i = depthOf(task) - 1; i >= 0; i--) {
    if (raw_read(entryOf(task, i) + L_REFERENCES) > 0) return i
  }
  return -1
}
