/**
 * How a detector's globals come into being: filled first, published last, so that whoever finds the root finds all of them.
 */
import { write } from '#access'

/**
 * Fills fields of a new, zeroed struct and then stores its address at `root`. Boot CPU only.
 * @param at the struct's offsets
 */
export function publishRoot<F extends string>(
  root: number,
  address: number,
  at: Readonly<Record<F, number>>,
  values: Readonly<Partial<Record<F, number>>>,
): void {
  for (const field in values) write(address + at[field], values[field] as number)
  write(root, address)
}
