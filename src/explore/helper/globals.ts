/**
 * Puts the explorer in place of the globals that code under test uses: Atomics, Int32Array, clocks, randomness. Accesses to
 * memory that is not the program's go to the hardware as before.
 *
 * Limits   code that took functions out of Atomics when it was loaded (`const { load } = Atomics`) escapes. Nothing waits
 *          on the event loop: waitAsync throws.
 */
import { FUTEX_MISMATCH, FUTEX_TIMEDOUT } from '#access'
import { DIRECT } from '../engine/execution.ts'
import type { Reexec } from '../engine/reexec.ts'
import type { Views } from './views.ts'

const NS_PER_MS = 1e6
/** Virtual time starts here; a date, so that code that formats it works. */
const EPOCH_MS = Date.UTC(2020, 0, 1)

type Native = typeof Atomics
type Operation = (engine: Reexec, addr: number, x: number, y: number) => number

const OPERATIONS: Readonly<Record<string, Operation>> = {
  load: (engine, addr) => engine.READ_ONCE(addr),
  store: (engine, addr, x) => (engine.WRITE_ONCE(addr, x), x),
  add: (engine, addr, x) => engine.fetch_add(addr, x),
  sub: (engine, addr, x) => engine.fetch_sub(addr, x),
  and: (engine, addr, x) => engine.fetch_and(addr, x),
  or: (engine, addr, x) => engine.fetch_or(addr, x),
  xor: (engine, addr, x) => engine.fetch_xor(addr, x),
  exchange: (engine, addr, x) => engine.xchg(addr, x),
  compareExchange: (engine, addr, x, y) => engine.cmpxchg(addr, x, y),
}

function wait(engine: Reexec, addr: number, value: number, timeout: unknown): string {
  const ms = timeout === undefined ? Infinity : Number(timeout)
  const ns = Number.isNaN(ms) ? Infinity : Math.max(0, ms) * NS_PER_MS
  const result = engine.futex_wait(addr, value, ns)
  if (result === FUTEX_MISMATCH) return 'not-equal'
  return result === FUTEX_TIMEDOUT ? 'timed-out' : 'ok'
}

/** Atomics over the program's memory; over any other memory the real one. */
function controlled(native: Native, views: Views, engine: Reexec): Native {
  const on = <R>(name: string, run: (addr: number, x: unknown, y: unknown) => R) => {
    return (array: object, index: number, x: unknown, y: unknown): R => {
      const view = views.find(array)
      if (view === undefined) {
        const real = native[name as 'load'] as unknown as (...args: unknown[]) => R
        return y === undefined
          ? x === undefined
            ? real(array, index)
            : real(array, index, x)
          : real(array, index, x, y)
      }
      const at = Math.trunc(index) || 0
      if (!(at >= 0 && at < view.array.length)) throw new RangeError('Invalid atomic access index')
      return run(view.base + at, x, y)
    }
  }
  const operations = Object.entries(OPERATIONS).map(([name, operation]) => {
    return [name, on(name, (addr, x, y) => operation(engine, addr, Number(x), Number(y)))] as const
  })
  return Object.assign(Object.create(native) as Native, Object.fromEntries(operations), {
    wait: on('wait', (addr, value, timeout) => wait(engine, addr, Number(value) | 0, timeout)),
    notify: on('notify', (addr, count) =>
      engine.futex_wake(addr, count === undefined ? Infinity : Number(count)),
    ),
    isLockFree: (size: number) => native.isLockFree(size),
    pause: () => {
      engine.cpu_relax()
    },
    waitAsync: () => {
      throw new TypeError('the explorer runs synchronous code only: no Atomics.waitAsync')
    },
  })
}

/** Virtual time of the running CPU, or the real one outside of it. Reading it takes some. */
function clocks(engine: Reexec): {
  readonly now: () => number
  readonly ms: () => number
  readonly random: () => number
} {
  const [now, ms, random] = [Date.now, performance.now.bind(performance), Math.random]
  const virtual = (): number => engine.ktime_get_ns()
  return {
    now: () => (engine.mode === DIRECT ? now() : EPOCH_MS + Math.floor(virtual() / NS_PER_MS)),
    ms: () => (engine.mode === DIRECT ? ms() : virtual() / NS_PER_MS),
    random: () => {
      if (engine.mode === DIRECT) return random()
      const mixed = Math.imul(virtual() + engine.smp_processor_id() + 1, 0x9e37_79b1)
      return ((mixed ^ (mixed >>> 15)) >>> 0) / 0x1_0000_0000
    },
  }
}

/** Swaps the globals until disposed of. */
export function swapGlobals(views: Views, engine: Reexec): Disposable {
  const { now, ms, random } = clocks(engine)
  const swaps: readonly (readonly [object, string, unknown])[] = [
    [globalThis, 'Atomics', controlled(Atomics, views, engine)],
    [globalThis, 'Int32Array', views.constructorFor()],
    [Date, 'now', now],
    [performance, 'now', ms],
    [Math, 'random', random],
  ]
  const before = swaps.map(([object, key]) => Object.getOwnPropertyDescriptor(object, key))
  for (const [object, key, value] of swaps) {
    Object.defineProperty(object, key, { value, configurable: true, writable: true })
  }
  return {
    [Symbol.dispose]() {
      for (const [i, [object, key]] of swaps.entries()) {
        const descriptor = before[i]
        if (descriptor === undefined) Reflect.deleteProperty(object, key)
        else Object.defineProperty(object, key, descriptor)
      }
    },
  }
}
