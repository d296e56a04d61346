/**
 * What is in a directory, while it changes: what `ls` sees.
 *
 * Order    lock of the directory (node.ts); nothing is taken under it.
 * Context  may sleep; allocates JS objects.
 * Source   fs/kernfs/dir.c (kernfs_fop_readdir)
 */
import { read } from '#access'
import { list_next } from '../../mem/index.ts'
import { down_read, up_read } from '../../sync/index.ts'
import { kernfs_active } from './active.ts'
import { KERNFS_DIR, kernfs_node, kernfs_sem, kernfs_type, type Kn } from './node.ts'
import { kernfs_name } from './walk.ts'

const ofSibling = kernfs_node.of.sibling
const INO = kernfs_node.offset.ino

/** One name in a directory. */
export interface DirEntry {
  readonly name: string
  /** Number of the node: a listing that goes on behind it misses nothing that was there all the time. */
  readonly ino: number
  /** KERNFS_DIR, KERNFS_FILE or KERNFS_LINK. */
  readonly type: number
}

/** The nodes that are open, in order of creation; none for what is no directory. The caller has a reference. */
export function kernfs_dir_entries(dir: Kn): DirEntry[] {
  if (kernfs_type(dir) !== KERNFS_DIR) return []
  const entries: DirEntry[] = []
  const sem = kernfs_sem(dir)
  const head = kernfs_node.at.children(dir)
  down_read(sem)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const kn = ofSibling(at)
    if (kernfs_active(kn)) entries.push({ name: kernfs_name(kn), ino: read(kn + INO), type: kernfs_type(kn) })
  }
  up_read(sem)
  return entries
}

/** Their names. */
export function kernfs_readdir(dir: Kn): string[] {
  return kernfs_dir_entries(dir).map(({ name }) => name)
}
