/**
 * Names in words: what `struct qstr` is to the kernel. A name is one of
 *
 *   id > 0         an interned string (mem/strings.ts); w0…w3 are 0
 *   QSTR_UUID      a uuid in w0…w3, most significant word first; printed lower case 8-4-4-4-12
 *   QSTR_NUMBER    a prefix and a number, `vfio7`: w0 the string id of the prefix (0: none), w1 the number
 *   0              no name
 *
 * Invariant   equal words mean equal names. The reverse holds as long as a text is always given in the same form;
 *             qstr_set_text picks uuid for what looks like a lower-case uuid and a string for the rest.
 * Context     any; only name_text and qstr_set_text make JS strings or intern. The rest allocates nothing.
 */
import { read, write } from '#access'
import { EINVAL, ENOMEM } from '../base/errno.ts'
import type { Addr } from '../base/addr.ts'
import { intern, struct, textOf, word } from '../mem/index.ts'

export const qstr = struct('qstr', { id: word, w0: word, w1: word, w2: word, w3: word })
type Qstr = Addr<'qstr'>

/** qstr.id of a uuid. */
export const QSTR_UUID = -1
/** qstr.id of a prefix with a number. */
const QSTR_NUMBER = -2
/** Characters of a uuid's text. */
export const UUID_STRING_LEN = 36

function set(name: Qstr, id: number, w0: number, w1: number, w2: number, w3: number): void {
  write(name, id)
  write(name + 1, w0)
  write(name + 2, w1)
  write(name + 3, w2)
  write(name + 4, w3)
}

/** Makes the name an interned string. */
export function qstr_set_string(name: Qstr, id: number): void {
  set(name, id, 0, 0, 0, 0)
}

/** Makes the name a uuid of these four words. */
export function qstr_set_uuid(name: Qstr, w0: number, w1: number, w2: number, w3: number): void {
  set(name, QSTR_UUID, w0, w1, w2, w3)
}

/** Makes the name `<prefix><n>`; `prefix` is a string id, 0 for none. */
export function qstr_set_number(name: Qstr, prefix: number, n: number): void {
  set(name, QSTR_NUMBER, prefix, n, 0, 0)
}

/** Copies a name. */
export function qstr_copy(to: Qstr, from: Qstr): void {
  for (let i = 0; i < qstr.words; i++) write(to + i, read(from + i))
}

/** Makes the name this text, interning it unless it is a lower-case uuid. Returns 0 or -ENOMEM. Allocates. */
export function qstr_set_text(name: Qstr, text: string): number {
  if (text.length === UUID_STRING_LEN && text === text.toLowerCase() && uuid_parse(text, name + 1) === 0) {
    write(name, QSTR_UUID)
    return 0
  }
  const id = intern(text)
  qstr_set_string(name, id)
  return id === 0 ? -ENOMEM : 0
}

/** True if both are the same name. */
export function name_eq(a: Qstr, b: Qstr): boolean {
  return (
    read(a) === read(b) &&
    read(a + 1) === read(b + 1) &&
    read(a + 2) === read(b + 2) &&
    read(a + 3) === read(b + 3) &&
    read(a + 4) === read(b + 4)
  )
}

/** 32-bit hash of a name, well mixed in its low bits. */
export function name_hash(name: Qstr): number {
  let hash = Math.imul(read(name), 0x9e37_79b1)
  for (let i = 1; i < 5; i++) hash = Math.imul((hash ^ (hash >>> 15)) + read(name + i), 0x85eb_ca6b)
  return hash ^ (hash >>> 13)
}

function hex(value: number, digits: number): string {
  return (value >>> 0).toString(16).padStart(digits, '0')
}

/** Text of a uuid of four words, lower case. */
export function uuid_text(w0: number, w1: number, w2: number, w3: number): string {
  return `${hex(w0, 8)}-${hex(w1 >>> 16, 4)}-${hex(w1 & 0xffff, 4)}-${hex(w2 >>> 16, 4)}-${hex(w2 & 0xffff, 4)}${hex(w3, 8)}`
}

/** Text of a name, for reports and the shell; '' for no name. */
export function name_text(name: Qstr): string {
  const id = read(name)
  if (id > 0) return textOf(id)
  if (id === QSTR_UUID) return uuid_text(read(name + 1), read(name + 2), read(name + 3), read(name + 4))
  return id === QSTR_NUMBER ? `${textOf(read(name + 1))}${read(name + 2)}` : ''
}

/** Value of one hexadecimal character, -1 for any other. */
function hex_to_bin(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  const lower = code | 32
  return lower >= 97 && lower <= 102 ? lower - 87 : -1
}

/**
 * Parses the first 36 characters as 8-4-4-4-12 hexadecimal digits of any case and writes them as four words.
 * @param words address of four words; written only on success of the whole text up to each word's end
 * @returns 0, or -EINVAL for a text that is too short or not a uuid
 */
export function uuid_parse(text: string, words: number): number {
  if (text.length < UUID_STRING_LEN) return -EINVAL
  let value = 0
  let digits = 0
  for (let i = 0; i < UUID_STRING_LEN; i++) {
    const code = text.charCodeAt(i)
    if (i === 8 || i === 13 || i === 18 || i === 23) {
      if (code !== 45) return -EINVAL
      continue
    }
    const digit = hex_to_bin(code)
    if (digit < 0) return -EINVAL
    value = (value << 4) | digit
    if ((++digits & 7) === 0) write(words + (digits >> 3) - 1, value)
  }
  return 0
}
