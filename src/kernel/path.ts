/**
 * Paths of /sys. Symbolic links are followed on the way and at the end, as open(2) does.
 *
 * Context  kern_path and the calls by text make JS objects: shell, set-up and tests. A hot path compiles its path once
 *          and looks it up in words, or keeps the directory and calls vfs_open_at.
 */
import { read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { EINVAL, ENOENT, ENOMEM, ENOTDIR } from '../base/errno.ts'
import { alloc_boot, lookupString, struct, word, words } from '../mem/index.ts'
import { kernfs_lookup } from './kernfs/dir.ts'
import {
  KERNFS_DIR,
  kernfs_get,
  KERNFS_LINK,
  kernfs_node,
  kernfs_put,
  kernfs_type,
  sysfs_root,
  type Kn,
} from './kernfs/node.ts'
import {
  qstr,
  qstr_set_number,
  qstr_set_string,
  QSTR_UUID,
  qstr_set_text,
  UUID_STRING_LEN,
  uuid_parse,
} from './qstr.ts'
import { scratch_qstr } from './static_name.ts'

/** Deepest path that can be compiled. */
const MAX_DEPTH = 12

/** A compiled path: names from /sys down. */
export const sys_path = struct('sys_path', { depth: word, names: words(MAX_DEPTH * qstr.words) })
const NAMES = sys_path.offset.names
const { attr: ATTR, parent: PARENT } = kernfs_node.offset

/** Components below /sys; undefined for a text that is not an absolute path there. */
function split(path: string): string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  return path.startsWith('/') && parts[0] === 'sys' ? parts.slice(1) : undefined
}

/** Target of a chain of links. Takes the reference of `kn` and gives one on the result. */
function follow(kn: Kn): Kn {
  let at = kn
  while (at !== 0 && kernfs_type(at) === KERNFS_LINK) {
    const target = kernfs_get(as<'kernfs_node'>(read(at + ATTR)))
    kernfs_put(at)
    at = target
  }
  return at
}

/** One step down. Takes the reference of `dir`; returns a referenced node, -ENOTDIR or -ENOENT. */
function step(dir: Kn, name: Addr<'qstr'>): number {
  if (kernfs_type(dir) !== KERNFS_DIR) {
    kernfs_put(dir)
    return -ENOTDIR
  }
  const next = follow(kernfs_lookup(dir, name))
  kernfs_put(dir)
  return next === 0 ? -ENOENT : next
}

/**
 * Compiles a path, for good: it takes arena memory and is meant to be done once.
 * @returns address of the path, -EINVAL (not below /sys, or too deep), -ENOMEM
 */
export function path_compile(path: string): number {
  const parts = split(path)
  if (parts === undefined || parts.length > MAX_DEPTH) return -EINVAL
  const made = alloc_boot(sys_path.words)
  if (made === 0) return -ENOMEM
  write(made, parts.length)
  for (const [i, part] of parts.entries()) {
    if (qstr_set_text(as(made + NAMES + i * qstr.words), part) !== 0) return -ENOMEM
  }
  return made
}

/** Node of a compiled path, referenced; -ENOENT or -ENOTDIR. Allocates nothing. */
export function path_lookup(path: Addr<'sys_path'>): number {
  let at: number = kernfs_get(sysfs_root())
  const depth = read(path)
  for (let i = 0; i < depth && at > 0; i++) at = step(as(at), as(path + NAMES + i * qstr.words))
  return at
}

/** Fills this CPU's scratch name with a form of the text: 0 uuid, 1 string, 2 prefix and number. False: no such form. */
function nameOf(text: string, form: number): boolean {
  const name = scratch_qstr()
  if (form === 0) {
    if (text.length !== UUID_STRING_LEN || uuid_parse(text, name + 1) !== 0) return false
    write(name, QSTR_UUID)
    return text === text.toLowerCase()
  }
  const [, prefix = '', digits = ''] = form === 1 ? [] : (/^(.*?)(0|[1-9]\d{0,8})$/.exec(text) ?? [])
  const id = lookupString(form === 1 ? text : prefix)
  if (form === 1) qstr_set_string(name, id)
  else qstr_set_number(name, id, Number(digits))
  return form === 1 ? id !== 0 : digits !== '' && (id !== 0 || prefix === '')
}

/** Node of that name in a directory, whatever form the name has; referenced, NULL if there is none, or if it is closed. */
export function kernfs_find_text(dir: Kn, text: string): Kn {
  for (let form = 0; form < 3; form++) {
    const found = nameOf(text, form) ? kernfs_lookup(dir, scratch_qstr()) : as<'kernfs_node'>(0)
    if (found !== 0) return found
  }
  return as(0)
}

/**
 * Node of a path.
 * @param followLast false: a link at the end is returned itself
 * @returns a referenced node, -EINVAL (not below /sys), -ENOENT or -ENOTDIR
 */
export function kern_path(path: string, followLast = true): number {
  const parts = split(path)
  if (parts === undefined) return -EINVAL
  let at = kernfs_get(sysfs_root())
  for (const [i, part] of parts.entries()) {
    if (kernfs_type(at) !== KERNFS_DIR) {
      kernfs_put(at)
      return -ENOTDIR
    }
    const up = as<'kernfs_node'>(read(at + PARENT))
    const found = part === '..' ? kernfs_get(up === 0 ? at : up) : kernfs_find_text(at, part)
    kernfs_put(at)
    if (found === 0) return -ENOENT
    at = followLast || i < parts.length - 1 ? follow(found) : found
  }
  return at
}
