/**
 * Tracepoints, checked build: the names of trace.fast.ts, each telling the installed observers.
 */
import { observers } from './observers.ts'
import { LOCK_SLEEPS, LOCK_WRITE } from './trace.fast.ts'

export {
  LOCK_MAP,
  LOCK_READ,
  LOCK_READ_RECURSIVE,
  LOCK_SLEEPS,
  LOCK_SPINS,
  LOCK_SRCU,
  LOCK_WRITE,
} from './trace.fast.ts'

export function trace_lock_init(
  lock: number,
  dep_map: number,
  name: string,
  kind: number = LOCK_SLEEPS,
): void {
  for (const o of observers) o.lockInit?.(lock, dep_map, name, kind)
}
export function lockdep_set_novalidate_class(dep_map: number): void {
  for (const o of observers) o.lockNovalidate?.(dep_map)
}
export function trace_lock_acquire(
  lock: number,
  dep_map: number,
  subclass: number,
  trylock: boolean,
  mode: number,
  nest: number,
): void {
  for (const o of observers) o.lockAcquire?.(lock, dep_map, subclass, trylock, mode, nest)
}
export function trace_lock_contended(lock: number): void {
  for (const o of observers) o.lockContended?.(lock)
}
export function trace_lock_acquired(lock: number): void {
  for (const o of observers) o.lockAcquired?.(lock)
}
export function trace_lock_release(lock: number, dep_map: number = 0): void {
  for (const o of observers) o.lockRelease?.(lock, dep_map)
}
export function trace_lock_downgrade(lock: number): void {
  for (const o of observers) o.lockDowngrade?.(lock)
}
export function trace_lock_sync(lock: number, dep_map: number): void {
  for (const o of observers) o.lockSync?.(lock, dep_map)
}
export function might_lock(lock: number, dep_map: number, mode: number = LOCK_WRITE): void {
  trace_lock_acquire(lock, dep_map, 0, false, mode, 0)
  trace_lock_release(lock, dep_map)
}
export function lockdep_off(): void {
  for (const o of observers) o.lockdepOff?.()
}
export function lockdep_on(): void {
  for (const o of observers) o.lockdepOn?.()
}
export function might_sleep(): void {
  for (const o of observers) o.mightSleep?.()
}
export function lockdep_assert_held(lock: number, mode: number = -1): void {
  for (const o of observers) o.assertHeld?.(lock, mode)
}
export function lockdep_assert_not_held(lock: number): void {
  for (const o of observers) o.assertNotHeld?.(lock)
}
export function lockdep_assert_none_held(): void {
  for (const o of observers) o.assertNoneHeld?.()
}
export function RCU_LOCKDEP_WARN(wrong: boolean, message: string): void {
  if (wrong) for (const o of observers) o.rcuMisuse?.(message)
}
export function trace_srcu_dereference(lock: number): void {
  for (const o of observers) o.srcuDereference?.(lock)
}
export function trace_sys_exit(): void {
  for (const o of observers) o.sysExit?.()
}
export function trace_task_exit(): void {
  for (const o of observers) o.taskExit?.()
}
export function trace_alloc(addr: number, words: number, cache: string): void {
  for (const o of observers) o.alloc?.(addr, words, cache)
}
export function trace_free(addr: number, words: number, cache: string): void {
  for (const o of observers) o.free?.(addr, words, cache)
}
export function trace_slab(addr: number, words: number): void {
  for (const o of observers) o.slab?.(addr, words)
}
export function trace_redzone(): number {
  return observers.reduce((most, o) => Math.max(most, o.redzone?.() ?? 0), 0)
}
export function trace_quarantine(cache: number, object: number): boolean {
  let kept = false
  for (const o of observers) kept = o.quarantine?.(cache, object) === true || kept
  return kept
}
export function kasan_disable_current(): void {
  for (const o of observers) o.accessOff?.()
}
export function kasan_enable_current(): void {
  for (const o of observers) o.accessOn?.()
}
export function trace_place(
  memory: Int32Array,
  address: number,
  words: number,
  kind: string,
  name: string,
  layout: number,
): void {
  for (const o of observers) o.place?.(memory, address, words, kind, name, layout)
}
export function trace_async(on: boolean): void {
  for (const o of observers) o.async?.(on)
}
export function trace_point(name: string): void {
  for (const o of observers) o.point?.(name)
}
export function trace_enter(symbol: string): void {
  for (const o of observers) o.enter?.(symbol)
}
export function trace_leave(symbol: string): void {
  for (const o of observers) o.leave?.(symbol)
}
