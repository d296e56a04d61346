/**
 * Files that are open before the race begins. A search of all orders takes them: the lookup of a path is a walk through directories
 * that nobody changes, and has models of its own (`file-open-*`); to interleave it with everything would be most of the search.
 *
 * Words   of the scenario, from OPENED on: the open files.
 */
import { read, write } from '#access'
import { as } from '../../base/addr.ts'
import { O_WRONLY, vfs_open, vfs_write } from '../../kernel/file.ts'
import { kernfs_put } from '../../kernel/kernfs/node.ts'
import { kern_path } from '../../kernel/path.ts'
import type { Scenario } from '../../define/race.ts'

const OPENED = 32

/** One `echo text > path`, after its open. */
export interface Echo {
  readonly path: string
  readonly text: string
}

/** Where no file removes itself, the flags of a node say only where it is in the tree, and change under the tree's lock. */
export const NO_FILE_REMOVES_ITSELF = /^kernfs_node.*->flags$/

type Searched = Required<Pick<NonNullable<Scenario['inAnyOrder']>, 'setup' | 'cpus'>>
type Body = Searched['cpus'][number]

function opens(at: number, path: string): number {
  const kn = kern_path(path, true)
  if (kn < 0) return kn
  const of = vfs_open(as(kn), O_WRONLY)
  kernfs_put(as(kn))
  if (of > 0) write(at, of)
  return Math.min(of, 0)
}

/** Set-up and bodies of a search: what is an echo is opened at set-up and written to in the race; other bodies stay. */
export function openedAhead(...cpus: readonly (Echo | Body)[]): Searched {
  return {
    setup: (words) =>
      cpus.reduce(
        (ret, one, cpu) => ret || (typeof one === 'function' ? 0 : opens(words + OPENED + cpu, one.path)),
        0,
      ),
    cpus: cpus.map((one, cpu): Body =>
      typeof one === 'function' ? one : (words) => vfs_write(as(read(words + OPENED + cpu)), one.text),
    ),
  }
}
