/**
 * The tree of kernfs, as FUSE asks for it. The number of a node is its address; a look-up hands its reference over to the real
 * kernel, which gives it back when it forgets the node.
 *
 * Files have a new number (its high half) at each look-up: the real kernel locks a file while somebody writes into it, and two
 * creates through one `create` file must not wait for each other there.
 *
 * Context  a server thread; may sleep on kernfs_rwsem, as a look-up does.
 */
import { as } from '../base/addr.ts'
import { EACCES, ENOENT, EPERM } from '../base/errno.ts'
import {
  KERNFS_DIR,
  kernfs_chmod,
  kernfs_dir_entries,
  KERNFS_FILE,
  kernfs_find_text,
  kernfs_ino,
  KERNFS_LINK,
  kernfs_mode,
  kernfs_put,
  kernfs_readlink,
  kernfs_type,
  sysfs_root,
  type Kn,
} from '../kernel/index.ts'
import {
  attrBody,
  direntBody,
  entryBody,
  FATTR_GID,
  FATTR_MODE,
  FATTR_UID,
  FUSE_ROOT_ID,
  openBody,
  SETATTR_MODE,
  statfsBody,
  type Attributes,
  type Dirent,
  type Request,
} from './protocol.ts'

/** Body of an answer, or 0 or a negative errno; undefined: the real kernel wants none. */
export type Answer = Buffer | number | undefined

const PAGE = 4096
const S_IFMT: Readonly<Record<number, number>> = {
  [KERNFS_DIR]: 0o040000,
  [KERNFS_FILE]: 0o100000,
  [KERNFS_LINK]: 0o120000,
}
const DT: Readonly<Record<number, number>> = { [KERNFS_DIR]: 4, [KERNFS_FILE]: 8, [KERNFS_LINK]: 10 }
/** Where FUSE_BATCH_FORGET has its pairs of node and count. */
const PAIRS = 8
const PAIR = 16
/** Where a listing goes on behind `.` and `..`; behind a node, at its number and one. The root, which is in no listing, is 1. */
const BEHIND_DOT = 1
const BEHIND_DOTS = 2

/** The node of a request. */
export function nodeOf({ node }: Request): Kn {
  return node === FUSE_ROOT_ID ? sysfs_root() : as(node)
}

/** What a thread needs to answer requests about the tree. */
export class Tree {
  readonly #nodes: Int32Array
  readonly #time: number
  #alias: number

  /**
   * @param nodes outstanding look-ups by address
   * @param time of every file, in seconds
   * @param cpu whose numbers of files no other CPU gives
   */
  constructor(nodes: Int32Array, time: number, cpu: number) {
    this.#nodes = nodes
    this.#time = time
    this.#alias = cpu << 23
  }

  #attributes(kn: Kn): Attributes {
    const type = kernfs_type(kn)
    const size = type === KERNFS_FILE ? PAGE : type === KERNFS_LINK ? kernfs_readlink(kn).length : 0
    return {
      ino: kernfs_ino(kn),
      size,
      time: this.#time,
      mode: (S_IFMT[type] ?? 0) | kernfs_mode(kn),
    }
  }

  lookup(request: Request): Answer {
    const kn = kernfs_find_text(nodeOf(request), request.name)
    if (kn === 0) return -ENOENT
    Atomics.add(this.#nodes, kn, 1)
    const alias = kernfs_type(kn) === KERNFS_FILE ? (this.#alias = (this.#alias + 1) >>> 0) : 0
    return entryBody(kn, alias, this.#attributes(kn))
  }

  /** The real kernel gives look-ups of a node back. */
  forget({ node }: Pick<Request, 'node'>, count: number): Answer {
    if (node === FUSE_ROOT_ID) return undefined
    Atomics.sub(this.#nodes, node, count)
    for (let i = 0; i < count; i++) kernfs_put(as(node))
    return undefined
  }

  /** The same for several nodes. */
  forgetAll(request: Request): Answer {
    for (let i = 0, at = PAIRS; i < request.u32(0); i++, at += PAIR) {
      this.forget({ node: request.u32(at) }, request.u64(at + 8))
    }
    return undefined
  }

  getattr(request: Request): Answer {
    return attrBody(this.#attributes(nodeOf(request)))
  }

  /** chmod works; everybody owns what the mount's owner owns. */
  setattr(request: Request): Answer {
    const what = request.u32(0)
    if ((what & (FATTR_UID | FATTR_GID)) !== 0) return -EPERM
    if ((what & FATTR_MODE) !== 0) kernfs_chmod(nodeOf(request), request.u32(SETATTR_MODE))
    return this.getattr(request)
  }

  readlink(request: Request): Answer {
    return Buffer.from(kernfs_readlink(nodeOf(request)), 'latin1')
  }

  opendir(): Answer {
    return openBody(0, 0)
  }

  /** A listing goes on behind a node's number: what came or went in between shifts nothing. */
  readdir(request: Request): Answer {
    return direntBody(this.#entries(nodeOf(request), request.u64(8)), request.u32(16))
  }

  *#entries(dir: Kn, behind: number): Iterable<Dirent> {
    const own = kernfs_ino(dir)
    if (behind < BEHIND_DOT) yield { name: '.', ino: own, type: 4, next: BEHIND_DOT }
    if (behind < BEHIND_DOTS) yield { name: '..', ino: own, type: 4, next: BEHIND_DOTS }
    const rest = kernfs_dir_entries(dir).filter(({ ino }) => ino + 1 > behind)
    for (const { name, ino, type } of rest.sort((a, b) => a.ino - b.ino)) {
      yield { name, ino, type: DT[type] ?? 0, next: ino + 1 }
    }
  }

  statfs(): Answer {
    return statfsBody()
  }

  /** Nobody makes files in sysfs, or renames or removes them: the answers are those of its file system. */
  create(): Answer {
    return -EACCES
  }

  change(): Answer {
    return -EPERM
  }
}
