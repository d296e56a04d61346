/** Whole numbers up to 2^53, such as times in ns, in two words: low, then high. Who reads one knows that nobody writes it. */
import { read, write } from '#access'

const HIGH = 0x1_0000_0000

export function write_wide(at: number, value: number): void {
  write(at, value | 0)
  write(at + 1, Math.floor(value / HIGH))
}

export function read_wide(at: number): number {
  return (read(at) >>> 0) + (read(at + 1) >>> 0) * HIGH
}
