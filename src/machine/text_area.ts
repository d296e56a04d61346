/**
 * The text area: how CPU 0 hands a value of JSON to main. Written by CPU 0 during a command, read by main after it.
 */
import { read, write } from '#access'
import { machine_globals, machine_root } from './globals.ts'

const TEXT = machine_globals.offset.text
const BYTES = machine_globals.offset.text_bytes

/** Stores a value. Throws RangeError when its JSON is longer than the area. */
export function put_answer(value: unknown): void {
  const bytes = new TextEncoder().encode(JSON.stringify(value ?? null))
  const room = read(machine_root() + BYTES)
  if (bytes.length > room)
    throw new RangeError(`an answer of ${bytes.length} bytes does not fit into ${room}`)
  const at = read(machine_root() + TEXT)
  write(at, bytes.length)
  for (let i = 0; i < bytes.length; i += 4) {
    const b = (k: number): number => (bytes[i + k] ?? 0) << (8 * k)
    write(at + 1 + (i >> 2), b(0) | b(1) | b(2) | b(3))
  }
}

/** The stored value. */
export function take_answer(): unknown {
  const at = read(machine_root() + TEXT)
  const bytes = new Uint8Array(read(at))
  for (let i = 0; i < bytes.length; i++) bytes[i] = read(at + 1 + (i >> 2)) >>> (8 * (i & 3))
  return JSON.parse(new TextDecoder().decode(bytes))
}
