/** The entry of a thread that is inside a system call, where nothing can end it. */
import { readSync } from 'node:fs'

/** Reads one byte from `fd`, and has put 1 into `began` before. */
export default function read({ fd, began }: { readonly fd: number; readonly began: Int32Array }): void {
  Atomics.store(began, 0, 1)
  readSync(fd, Buffer.alloc(1))
}
