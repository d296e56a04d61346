/**
 * Reading the tree: paths, children, and the tree as text. For reports, the shell, invariant checks and tests.
 *
 * Context  allocates JS objects. The functions take no lock. Paths and links are exact for whoever has a reference; whatever walks
 *          over children is for when nothing changes, or it may stray into another directory (readdir.ts is for the rest).
 */
import { read, WRITE_ONCE } from '#access'
import { as } from '../../base/addr.ts'
import { list_next } from '../../mem/index.ts'
import { name_text } from '../qstr.ts'
import { KERNFS_DIR, KERNFS_LINK, kernfs_node, kernfs_type, sysfs_root, type Kn } from './node.ts'

const { parent, attr, mode, ino } = kernfs_node.offset
const { children } = kernfs_node.at

/** Nodes of a directory in order of creation; none for other nodes. */
export function kernfs_children(dir: Kn): Kn[] {
  if (kernfs_type(dir) !== KERNFS_DIR) return []
  const found: Kn[] = []
  const head = children(dir)
  for (let at = list_next(head); at !== head && at !== 0; at = list_next(at))
    found.push(kernfs_node.of.sibling(at))
  return found
}

/** Name of a node; `sys` for the root. */
export function kernfs_name(kn: Kn): string {
  return kn === sysfs_root() ? 'sys' : name_text(kernfs_node.at.name(kn))
}

/** Parent directory, NULL for the root. */
function kernfs_parent(kn: Kn): Kn {
  return as(read(kn + parent))
}

/** Target of a symbolic link. */
export function kernfs_link_target(kn: Kn): Kn {
  return as(read(kn + attr))
}

/** Permission bits. */
export function kernfs_mode(kn: Kn): number {
  return read(kn + mode)
}

/** Changes the permission bits, as chmod does. Any context. */
export function kernfs_chmod(kn: Kn, bits: number): void {
  WRITE_ONCE(kn + mode, bits & 0o7777)
}

/** Number of a node; never reused. */
export function kernfs_ino(kn: Kn): number {
  return read(kn + ino)
}

/** Absolute path: `/sys/bus/mdev`. */
export function kernfs_path(kn: Kn): string {
  const names: string[] = []
  for (let at = kn; at !== 0; at = kernfs_parent(at)) names.push(kernfs_name(at))
  return `/${names.toReversed().join('/')}`
}

/** Text of a symbolic link as `readlink` prints it: up to a directory above the target, then down to it. */
export function kernfs_readlink(kn: Kn): string {
  const from = kernfs_path(kernfs_parent(kn)).split('/')
  const to = kernfs_path(kernfs_link_target(kn)).split('/')
  let same = 0
  while (same < from.length && same < to.length - 1 && from[same] === to[same]) same++
  return [...from.slice(same).map(() => '..'), ...to.slice(same)].join('/')
}

/** Nodes below a directory, itself not counted. */
export function kernfs_count_below(dir: Kn): number {
  return kernfs_children(dir).reduce((sum, kn) => sum + 1 + kernfs_count_below(kn), 0)
}

/** Paths of everything below a node, links with their text; sorted by name as `find | sort` prints them. */
export function sysfs_tree(top: Kn = sysfs_root()): string {
  const lines: string[] = []
  collect(top, kernfs_path(top), lines)
  return lines.sort().join('\n')
}

function collect(kn: Kn, path: string, lines: string[]): void {
  lines.push(kernfs_type(kn) === KERNFS_LINK ? `${path} -> ${kernfs_readlink(kn)}` : path)
  for (const child of kernfs_children(kn)) collect(child, `${path}/${kernfs_name(child)}`, lines)
}
