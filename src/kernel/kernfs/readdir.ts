/**
 * What is in a directory, while it changes: what `ls` sees.
 *
 * Order    lock of the directory (node.ts); nothing is taken under it.
 * Context  may sleep; allocates JS objects.
 * Source   fs/kernfs/dir.c (kernfs_fop_readdir)
 */
import { list_next } from '../../mem/index.ts'
import { down_read, up_read } from '../../sync/index.ts'
import { kernfs_active } from './active.ts'
import { KERNFS_DIR, kernfs_node, kernfs_sem, kernfs_type, type Kn } from './node.ts'
import { kernfs_name } from './walk.ts'

const ofSibling = kernfs_node.of.sibling

/** Names of the nodes that are open, in order of creation; none for what is no directory. The caller has a reference. */
export function kernfs_readdir(dir: Kn): string[] {
  if (kernfs_type(dir) !== KERNFS_DIR) return []
  const names: string[] = []
  const sem = kernfs_sem(dir)
  const head = kernfs_node.at.children(dir)
  down_read(sem)
  for (let at = list_next(head); at !== head; at = list_next(at)) {
    const kn = ofSibling(at)
    if (kernfs_active(kn)) names.push(kernfs_name(kn))
  }
  up_read(sem)
  return names
}
