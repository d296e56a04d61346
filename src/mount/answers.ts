/**
 * Who answers which request, and what each is called while it is under way.
 */
import type { Files } from './files.ts'
import {
  FUSE_BATCH_FORGET,
  FUSE_CREATE,
  FUSE_DESTROY,
  FUSE_FORGET,
  FUSE_GETATTR,
  FUSE_INIT,
  FUSE_LINK,
  FUSE_LOOKUP,
  FUSE_MKDIR,
  FUSE_MKNOD,
  FUSE_OPEN,
  FUSE_OPENDIR,
  FUSE_READ,
  FUSE_READDIR,
  FUSE_READLINK,
  FUSE_RELEASE,
  FUSE_RELEASEDIR,
  FUSE_RENAME,
  FUSE_RENAME2,
  FUSE_RMDIR,
  FUSE_SETATTR,
  FUSE_STATFS,
  FUSE_SYMLINK,
  FUSE_UNLINK,
  FUSE_WRITE,
  initBody,
  type Request,
} from './protocol.ts'
import type { Answer, Tree } from './tree.ts'

/** One kind of request. */
export interface Kind {
  /** As reports name what the CPU does. */
  readonly name: string
  /** It calls the code of a driver, and may sleep for as long as that likes. */
  readonly long?: true
  readonly answer: (request: Request, tree: Tree, files: Files) => Answer
}

const change = (name: string): Kind => ({ name, answer: (_, tree) => tree.change() })

/** What a thread can answer, by opcode. What is missing, the real kernel does without. */
export const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [FUSE_INIT, { name: 'init', answer: initBody }],
  [FUSE_DESTROY, { name: 'destroy', answer: () => 0 }],
  [FUSE_LOOKUP, { name: 'lookup', answer: (request, tree) => tree.lookup(request) }],
  [FUSE_FORGET, { name: 'forget', answer: (request, tree) => tree.forget(request, request.u64(0)) }],
  [FUSE_BATCH_FORGET, { name: 'forget', answer: (request, tree) => tree.forgetAll(request) }],
  [FUSE_GETATTR, { name: 'stat', answer: (request, tree) => tree.getattr(request) }],
  [FUSE_SETATTR, { name: 'chmod', answer: (request, tree) => tree.setattr(request) }],
  [FUSE_READLINK, { name: 'readlink', answer: (request, tree) => tree.readlink(request) }],
  [FUSE_OPENDIR, { name: 'opendir', answer: (_, tree) => tree.opendir() }],
  [FUSE_READDIR, { name: 'readdir', answer: (request, tree) => tree.readdir(request) }],
  [FUSE_RELEASEDIR, { name: 'closedir', answer: () => 0 }],
  [FUSE_STATFS, { name: 'statfs', answer: (_, tree) => tree.statfs() }],
  [FUSE_OPEN, { name: 'open', answer: (request, _, files) => files.open(request) }],
  [FUSE_READ, { name: 'read', long: true, answer: (request, _, files) => files.read(request) }],
  [FUSE_WRITE, { name: 'write', long: true, answer: (request, _, files) => files.write(request) }],
  [FUSE_RELEASE, { name: 'close', answer: (request, _, files) => files.release(request) }],
  [FUSE_CREATE, { name: 'create', answer: (_, tree) => tree.create() }],
  [FUSE_MKNOD, change('mknod')],
  [FUSE_MKDIR, change('mkdir')],
  [FUSE_UNLINK, change('unlink')],
  [FUSE_RMDIR, change('rmdir')],
  [FUSE_RENAME, change('rename')],
  [FUSE_RENAME2, change('rename')],
  [FUSE_LINK, change('link')],
  [FUSE_SYMLINK, change('symlink')],
])
