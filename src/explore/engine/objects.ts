/**
 * Oracles on objects and locks: use after free, double free, leaks; a lock still held when a body returns; sleeping
 * while a spinlock is held. They hear the tracepoints of the allocators and locks.
 */
import { LOCK_SPINS } from '../../trace/trace.fast.ts'
import type { Execution } from './execution.ts'
import { ATOMIC_SLEEP, DOUBLE_FREE, HELD_AT_EXIT, LEAK, USE_AFTER_FREE } from '../../define/outcome.ts'
import { EPOCH_CPU, FREED, MAX_CPUS } from './words.ts'

const DEPTH = 64

/** Objects and locks as they were at a moment. */
export interface SavedObjects {
  /** False: there were none, and what follows says nothing. */
  any: boolean
  readonly live: number[]
  readonly held: Int32Array
  readonly depth: Int32Array
  turned: number
}

/** Room for them. */
export function savedObjects(): SavedObjects {
  const held = new Int32Array(MAX_CPUS * DEPTH)
  return { any: false, live: [], held, depth: new Int32Array(MAX_CPUS), turned: 0 }
}

/** Objects and locks of one execution. */
export class Objects {
  /** Addresses of objects allocated in this execution and not freed. */
  readonly live: number[] = []
  readonly #held = new Int32Array(MAX_CPUS * DEPTH)
  readonly #depth = new Int32Array(MAX_CPUS)
  /** Locks whose holders must not sleep, and which have become one, or are none any more, in this execution. */
  spinning = new Set<number>()
  readonly #turned: number[] = []
  /** There are any, in this or an earlier execution. */
  #any = false
  /** Tells whether the lock at this address spins. */
  isSpinlock = (lock: number): boolean => this.spinning.has(lock)

  restart(): void {
    this.live.length = 0
    this.#depth.fill(0)
    this.#turnBack(0)
  }

  save(into: SavedObjects): void {
    into.any = this.#any
    if (!this.#any) return
    into.live.length = this.live.length
    for (let i = 0; i < this.live.length; i++) into.live[i] = this.live[i]!
    into.held.set(this.#held)
    into.depth.set(this.#depth)
    into.turned = this.#turned.length
  }

  restore({ any, live, held, depth, turned }: SavedObjects): void {
    if (!any) {
      if (this.#any) this.restart()
      return
    }
    this.live.length = live.length
    for (let i = 0; i < live.length; i++) this.live[i] = live[i]!
    this.#held.set(held)
    this.#depth.set(depth)
    this.#turnBack(turned)
  }

  /** A lock is set up. */
  initialised(lock: number, kind: number): void {
    if (this.spinning.has(lock) === (kind === LOCK_SPINS)) return
    this.#any = true
    this.#turn(lock)
    this.#turned.push(lock)
  }

  #turn(lock: number): void {
    if (!this.spinning.delete(lock)) this.spinning.add(lock)
  }

  #turnBack(to: number): void {
    while (this.#turned.length > to) this.#turn(this.#turned.pop()!)
  }

  allocated(run: Execution, cpu: number, addr: number, count: number): void {
    for (let a = addr; a < addr + count; a++) {
      const slot = run.words.at(a)
      run.words.table[slot + FREED] = 0
      run.words.renew(slot, run.step)
      if (!run.rules.races) continue
      const clash = run.clocks.plainWrite(cpu, slot)
      if (clash !== 0) unordered(run, cpu, a, clash, 'gets')
    }
    this.#any = true
    this.live.push(addr)
  }

  freed(run: Execution, cpu: number, addr: number, count: number): void {
    for (let a = addr; a < addr + count; a++) {
      const slot = run.words.at(a)
      const before = run.words.table[slot + FREED]!
      if (before !== 0) run.fail(DOUBLE_FREE, cpu, `cpu-${before - 1} has freed it already`, a)
      if (run.rules.races) {
        const clash = run.clocks.plainWrite(cpu, slot)
        if (clash !== 0) unordered(run, cpu, a, clash, 'frees')
      }
      run.words.table[slot + FREED] = cpu + 1
    }
    const at = this.live.indexOf(addr)
    if (at >= 0) this.live.splice(at, 1)
  }

  /** At the end of an execution whose model must give everything back. */
  checkLeaks(run: Execution): void {
    const addr = this.live[0]
    if (addr !== undefined) run.fail(LEAK, -1, `${this.live.length} object(s) never freed`, addr)
  }

  acquired(cpu: number, lock: number): void {
    this.#any = true
    const depth = this.#depth[cpu]!
    if (depth < DEPTH) this.#held[cpu * DEPTH + depth] = lock
    this.#depth[cpu] = depth + 1
  }

  released(cpu: number, lock: number): void {
    const base = cpu * DEPTH
    const depth = Math.min(this.#depth[cpu]!, DEPTH)
    for (let i = depth - 1; i >= 0; i--) {
      if (this.#held[base + i] !== lock) continue
      this.#held.copyWithin(base + i, base + i + 1, base + depth)
      this.#depth[cpu] = depth - 1
      return
    }
  }

  /** Locks the CPU holds, outermost first. */
  heldBy(cpu: number): number[] {
    return [...this.#held.subarray(cpu * DEPTH, cpu * DEPTH + Math.min(this.#depth[cpu]!, DEPTH))]
  }

  checkExit(run: Execution, cpu: number): void {
    if (this.#depth[cpu] !== 0) {
      run.fail(HELD_AT_EXIT, cpu, `cpu-${cpu} returns with a lock held`, this.heldBy(cpu)[0])
    }
  }

  checkSleep(run: Execution, cpu: number): void {
    if (this.#depth[cpu] === 0) return
    const lock = this.heldBy(cpu).find(this.isSpinlock)
    if (lock !== undefined)
      run.fail(ATOMIC_SLEEP, cpu, `cpu-${cpu} may sleep while it holds a spinlock`, lock)
  }
}

function unordered(run: Execution, cpu: number, addr: number, clash: number, verb: string): never {
  const other = (clash & EPOCH_CPU) - 1
  const text = `cpu-${cpu} ${verb} the object, not ordered with an access by cpu-${other}`
  return run.fail(USE_AFTER_FREE, cpu, text, addr)
}
