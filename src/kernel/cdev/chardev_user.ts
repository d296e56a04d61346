/**
 * User memory: what a system call's pointer points at. User space has no memory of its own here, so a user pointer is the
 * address of words in the arena, and a bad one is an address outside.
 *
 * Context  may sleep in a kernel (a page fault). fault injection (fail_nth) makes a copy fail.
 * Source   include/linux/uaccess.h
 */
import { read, write } from '#access'
import { NULL_PAGE_WORDS } from '../../base/constants.ts'
import { arenaWords, should_fail } from '../../mem/index.ts'

function access_ok(addr: number, words: number): boolean {
  return addr >= NULL_PAGE_WORDS && addr + words <= arenaWords()
}

function copy(to: number, from: number, words: number): void {
  for (let i = 0; i < words; i++) write(to + i, read(from + i))
}

/** Copies words from user memory. False: -EFAULT, nothing was copied. */
export function copy_from_user(to: number, from: number, words: number): boolean {
  if (!access_ok(from, words) || should_fail()) return false
  copy(to, from, words)
  return true
}

/** Copies words to user memory. False: -EFAULT, nothing was copied. */
export function copy_to_user(to: number, from: number, words: number): boolean {
  if (!access_ok(to, words) || should_fail()) return false
  copy(to, from, words)
  return true
}

/** Writes one word of user memory. False: -EFAULT. */
export function put_user(value: number, to: number): boolean {
  if (!access_ok(to, 1) || should_fail()) return false
  write(to, value)
  return true
}

/** Words that hold so many bytes. */
export function words_of(bytes: number): number {
  return (bytes + 3) >>> 2
}
