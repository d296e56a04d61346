/**
 * What user space may write to `create` and `remove`.
 *
 * Source   drivers/vfio/mdev/mdev_sysfs.c (create_store, remove_store), lib/kstrtox.c; the tables of odd inputs were
 *          recorded from a 6.1 kernel
 */
import { EINVAL } from '../base/errno.ts'
import { UUID_STRING_LEN, uuid_parse } from '../kernel/qstr.ts'

/**
 * A uuid of 36 characters, or 37 of which the last, whatever it is, is not looked at.
 * @param words address where the four words go
 * @returns 0 or -EINVAL
 */
export function parse_create(text: string, words: number): number {
  if (text.length !== UUID_STRING_LEN && text.length !== UUID_STRING_LEN + 1) return -EINVAL
  return uuid_parse(text, words)
}

const U64_MAX = 0xffff_ffff_ffff_ffffn

/**
 * An unsigned number as kstrtoul with base 0 takes it: decimal, 0x hexadecimal, 0 octal, one plus sign, one newline.
 * @returns 1 for a number other than 0, 0 for 0, -EINVAL for anything else
 */
export function parse_remove(text: string): number {
  if (text === '1') return 1
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const match = /^\+?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$/.exec(body)
  if (match === null) return -EINVAL
  const [, hex, octal, decimal] = match
  const value = BigInt(
    hex === undefined ? (octal === undefined ? (decimal as string) : `0o${octal}`) : `0x${hex}`,
  )
  if (value > U64_MAX) return -EINVAL
  return value === 0n ? 0 : 1
}
