/**
 * Access to shared memory, checked build: the names of access.fast.ts. A controller, when one is installed, performs
 * the accesses itself and decides who runs next: that is the explorer. Without one, accesses are native and the
 * observers are told about them.
 */
import * as fast from './access.fast.ts'
import { OWNER_SHIFT } from '../base/constants.ts'
import { CHECKED_POLLS } from '../base/polls.ts'
import { observers } from '../trace/observers.ts'

export {
  FUTEX_MISMATCH,
  FUTEX_TIMEDOUT,
  FUTEX_WOKEN,
  act_as,
  attach,
  bind,
  home_memory,
  memory,
  unbind,
} from './access.fast.ts'

/** Which build this is. */
export const CHECKED = true

/** A controller may have tasks on a thread that was never attached. */
export const has_tasks: boolean = true

/** No spinning before sleeping, unless asked for: the paths behind are common, and the explorer reaches them at once. */
export const SPIN_POLLS = CHECKED_POLLS
export const LONG_POLLS = SPIN_POLLS

export function poll_as_cpu(): void {}

/** What performs accesses in place of the hardware. Same contracts as the functions of access.fast.ts. */
export interface Controller {
  smp_processor_id(): number
  current_task(): number
  read(a: number): number
  write(a: number, v: number): void
  data_race(a: number): number
  READ_ONCE(a: number): number
  WRITE_ONCE(a: number, v: number): void
  cmpxchg(a: number, old: number, v: number): number
  xchg(a: number, v: number): number
  fetch_add(a: number, d: number): number
  fetch_sub(a: number, d: number): number
  fetch_or(a: number, bits: number): number
  fetch_and(a: number, bits: number): number
  futex_wait(a: number, seen: number, timeoutNs: number): number
  futex_wake(a: number, n: number): number
  cpu_relax(): void
  ktime_get_ns(): number
}

/** Native accesses, with the observers told. A controller that only wants a part of them spreads the rest. */
export const native: Controller = {
  smp_processor_id: fast.smp_processor_id,
  current_task: fast.current_task,
  read(a) {
    for (const o of observers) o.read?.(a)
    return fast.read(a)
  },
  write(a, v) {
    for (const o of observers) o.write?.(a, v)
    fast.write(a, v)
  },
  data_race(a) {
    return native.READ_ONCE(a)
  },
  READ_ONCE(a) {
    for (const o of observers) o.atomicBegin?.(a, false)
    const value = fast.READ_ONCE(a)
    for (const o of observers) o.atomic?.(a, false)
    return value
  },
  WRITE_ONCE(a, v) {
    for (const o of observers) o.atomicBegin?.(a, true)
    fast.WRITE_ONCE(a, v)
    for (const o of observers) o.atomic?.(a, true)
  },
  cmpxchg(a, old, v) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.cmpxchg(a, old, v)
    for (const o of observers) o.atomic?.(a, value === old)
    return value
  },
  xchg(a, v) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.xchg(a, v)
    for (const o of observers) o.atomic?.(a, true)
    return value
  },
  fetch_add(a, d) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.fetch_add(a, d)
    for (const o of observers) o.atomic?.(a, true)
    return value
  },
  fetch_sub(a, d) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.fetch_sub(a, d)
    for (const o of observers) o.atomic?.(a, true)
    return value
  },
  fetch_or(a, bits) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.fetch_or(a, bits)
    for (const o of observers) o.atomic?.(a, true)
    return value
  },
  fetch_and(a, bits) {
    for (const o of observers) o.atomicBegin?.(a, true)
    const value = fast.fetch_and(a, bits)
    for (const o of observers) o.atomic?.(a, true)
    return value
  },
  futex_wait(a, seen, timeoutNs) {
    for (const o of observers) o.wait?.(a)
    const result = fast.futex_wait(a, seen, timeoutNs)
    for (const o of observers) o.waited?.(a, result)
    return result
  },
  futex_wake(a, n) {
    const woken = fast.futex_wake(a, n)
    for (const o of observers) o.wake?.(a, woken)
    return woken
  },
  cpu_relax: fast.cpu_relax,
  ktime_get_ns: fast.ktime_get_ns,
}

let controller = native

/** Puts a controller in place of the hardware on this thread; without an argument, the hardware again. */
export function setController(next: Controller = native): void {
  controller = next
}

export function smp_processor_id(): number {
  return controller.smp_processor_id()
}
export function current_owner(): number {
  return (controller.smp_processor_id() + 1) << OWNER_SHIFT
}
export function current_task(): number {
  return controller.current_task()
}
export function read(a: number): number {
  return controller.read(a)
}
export function data_race(a: number): number {
  return controller.data_race(a)
}
export function write(a: number, v: number): void {
  controller.write(a, v)
}
export function READ_ONCE(a: number): number {
  return controller.READ_ONCE(a)
}
export function WRITE_ONCE(a: number, v: number): void {
  controller.WRITE_ONCE(a, v)
}
export function cmpxchg(a: number, old: number, v: number): number {
  return controller.cmpxchg(a, old, v)
}
export function xchg(a: number, v: number): number {
  return controller.xchg(a, v)
}
export function fetch_add(a: number, d: number): number {
  return controller.fetch_add(a, d)
}
export function fetch_sub(a: number, d: number): number {
  return controller.fetch_sub(a, d)
}
export function fetch_or(a: number, bits: number): number {
  return controller.fetch_or(a, bits)
}
export function fetch_and(a: number, bits: number): number {
  return controller.fetch_and(a, bits)
}
export function futex_wait(a: number, seen: number, timeoutNs: number = Infinity): number {
  return controller.futex_wait(a, seen, timeoutNs)
}
export function futex_wake(a: number, n: number): number {
  return controller.futex_wake(a, n)
}
export function cpu_relax(): void {
  controller.cpu_relax()
}
export function ktime_get_ns(): number {
  return controller.ktime_get_ns()
}
