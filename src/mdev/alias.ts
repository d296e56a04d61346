/**
 * Aliases: a short name of a device that its vendor may ask for, for interfaces that have no room for a uuid.
 *
 * Rules       the alias is the first `length` hexadecimal digits of the SHA-1 of the uuid's 36 characters as the user typed them:
 *             capitals give another alias. At most 40 digits, all there are; an odd length ends in the middle of a byte.
 * Invariant   no two devices have the same alias, whatever their parents. It is taken after the uuid and given back with it.
 * Lock order  mdev_alias_lock is a leaf. The patches look for both under mdev_list_lock; a lock of its own lets every
 *             namespace have aliases, whatever it does with that lock.
 * Errors      -EINVAL at registration for a length above 40; -EEXIST for an alias in use.
 * Source      [PATCH net-next 07/19, 08/19] vfio/mdev: Introduce sha1 based mdev alias, November 2019; never merged
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EEXIST, EINVAL } from '../base/errno.ts'
import { UUID_STRING_LEN } from '../kernel/qstr.ts'
import { rootAddr } from '../mem/arena.ts'
import { list_add, list_del, list_next } from '../mem/list.ts'
import { mutex_lock, mutex_unlock } from '../sync/index.ts'
import { parent_data, parent_ops } from './driver.ts'
import { sha1 } from './sha1.ts'
import { mdev_device, mdev_globals } from './types.ts'

const ROOT = rootAddr('mdev')
const ALIAS = mdev_device.offset.alias
const LENGTH = mdev_device.offset.alias_length
const link = mdev_device.at.alias_next
const of_link = mdev_device.of.alias_next
const WORDS = 5
const DIGITS_PER_WORD = 8
/** Bytes of a SHA-1. */
const DIGEST_BYTES = 20

function alias_lock(): Addr<'mutex'> {
  return as(read(ROOT) + mdev_globals.offset.alias_lock)
}

function alias_list(): Addr<'list_head'> {
  return as(read(ROOT) + mdev_globals.offset.alias_list)
}

/** Length that a parent's vendor wants. */
function wanted(parent: Addr<'mdev_parent'>): number {
  return parent_ops(parent).get_alias_length?.(parent_data(parent)) ?? 0
}

/** At registration: 0, or -EINVAL for a vendor that wants more than a digest has. */
export function mdev_alias_check(parent: Addr<'mdev_parent'>): number {
  return (wanted(parent) + 1) >> 1 > DIGEST_BYTES ? -EINVAL : 0
}

/** The digits of word `i` that count. */
function mask(i: number, length: number): number {
  const digits = Math.max(0, Math.min(DIGITS_PER_WORD, length - i * DIGITS_PER_WORD))
  return digits === 0 ? 0 : -1 << (4 * (DIGITS_PER_WORD - digits))
}

function same(a: number, b: number): boolean {
  if (read(a + LENGTH) !== read(b + LENGTH)) return false
  for (let i = 0; i < WORDS; i++) if (read(a + ALIAS + i) !== read(b + ALIAS + i)) return false
  return true
}

function taken(mdev: number): boolean {
  const head = alias_list()
  for (let node = list_next(head); node !== head; node = list_next(node)) {
    if (same(of_link(node), mdev)) return true
  }
  return false
}

/**
 * Gives a new device its alias, if its vendor wants one.
 * @param typed what the user wrote to `create`
 * @returns 0 or -EEXIST
 */
export function mdev_alias_claim(
  parent: Addr<'mdev_parent'>,
  mdev: Addr<'mdev_device'>,
  typed: string,
): number {
  const length = wanted(parent)
  if (length <= 0) return 0
  for (const [i, word] of sha1(typed.slice(0, UUID_STRING_LEN)).entries()) {
    write(mdev + ALIAS + i, word & mask(i, length))
  }
  write(mdev + LENGTH, length)
  mutex_lock(alias_lock())
  const ret = taken(mdev) ? -EEXIST : 0
  if (ret === 0) list_add(link(mdev), alias_list())
  else write(mdev + LENGTH, 0)
  mutex_unlock(alias_lock())
  return ret
}

/** Gives it back, when the device is freed. */
export function mdev_alias_release(mdev: Addr<'mdev_device'>): void {
  if (read(mdev + LENGTH) === 0) return
  mutex_lock(alias_lock())
  list_del(link(mdev))
  mutex_unlock(alias_lock())
}

/** mdev_alias: the text, '' for a device that has none. */
export function mdev_alias(mdev: Addr<'mdev_device'>): string {
  const digits = Array.from({ length: WORDS }, (_, i) => {
    return (read(mdev + ALIAS + i) >>> 0).toString(16).padStart(DIGITS_PER_WORD, '0')
  })
  return digits.join('').slice(0, read(mdev + LENGTH))
}
