/**
 * Access beneath the observers: the same memory, but no observer hears of it and no controller schedules it. For the
 * detectors' own tables, whatever build the thread runs, and for readers outside the machine.
 *
 * Rules   kernel code never imports this. `raw_attach` comes first, once per thread and arena.
 * Order   raw_load and the read-modify-writes are sequentially consistent, raw_read and raw_write plain.
 */
import { memory } from '#access'

let i32: Int32Array = new Int32Array(0)
let f64: Float64Array = new Float64Array(0)
let u8: Uint8Array = new Uint8Array(0)

/** Makes `view` the memory of this thread's detectors; without an argument, the attached arena. */
export function raw_attach(view: Int32Array = memory()): void {
  if (i32.buffer === view.buffer) return
  i32 = view
  f64 = new Float64Array(view.buffer, 0, view.length >> 1)
  u8 = new Uint8Array(view.buffer)
}

/** True while the thread's kernel code works in the memory that the detectors watch. */
export function raw_watched(): boolean {
  return memory().buffer === i32.buffer
}

/** Bytes of the memory, for texts. */
export function raw_bytes(): Uint8Array {
  return u8
}

export function raw_read(a: number): number {
  return i32[a] as number
}
export function raw_write(a: number, v: number): void {
  i32[a] = v
}
/** Double at an even word address. */
export function raw_read_f64(a: number): number {
  return f64[a >> 1] as number
}
export function raw_write_f64(a: number, v: number): void {
  f64[a >> 1] = v
}
export function raw_fill(a: number, v: number, words: number): void {
  i32.fill(v, a, a + words)
}
export function raw_load(a: number): number {
  return Atomics.load(i32, a)
}
export function raw_store(a: number, v: number): void {
  Atomics.store(i32, a, v)
}
export function raw_cmpxchg(a: number, old: number, v: number): number {
  return Atomics.compareExchange(i32, a, old, v)
}
export function raw_fetch_add(a: number, d: number): number {
  return Atomics.add(i32, a, d)
}
export function raw_fetch_or(a: number, bits: number): number {
  return Atomics.or(i32, a, bits)
}

const SPINS = 100
const NAP_MS = 0.05
/** Naps before the holder of a raw lock counts as dead: some five seconds. */
const PATIENCE = 50_000

/** Takes the word as a lock. False if its holder seems to have died with it: the caller gives its subsystem up. */
export function raw_lock(a: number): boolean {
  for (let naps = 0; Atomics.compareExchange(i32, a, 0, 1) !== 0;) {
    for (let i = 0; i < SPINS && Atomics.load(i32, a) !== 0; i++);
    if (Atomics.load(i32, a) === 0) continue
    if (naps++ > PATIENCE) return false
    Atomics.wait(i32, a, 1, NAP_MS)
  }
  return true
}

/** Gives it back. */
export function raw_unlock(a: number): void {
  Atomics.store(i32, a, 0)
}
