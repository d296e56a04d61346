/**
 * The actions on files: what a shell, or a program with one read or write, would get.
 */
import { read } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { errname } from '../base/errno.ts'
import {
  kern_path,
  KERNFS_DIR,
  KERNFS_LINK,
  kernfs_mode,
  kernfs_put,
  kernfs_type,
  O_RDONLY,
  O_WRONLY,
  sysfs_list,
  sysfs_read,
  sysfs_readlink,
  sysfs_write,
  vfs_close,
  vfs_open,
  vfs_read,
  vfs_write,
} from '../kernel/index.ts'
import { kernfs_node } from '../kernel/kernfs/node.ts'
import type { Action, Answer } from './case.ts'

/** A result as an answer: a negative number is an errno. */
export function answer(result: Answer): Answer {
  return typeof result === 'number' && result < 0 ? errname(result) : result
}

/** 0 as `ok`, a negative number as the errno's name. */
export function okOr(result: number): Answer {
  return result < 0 ? errname(result) : 'ok'
}

/** `/` for a directory, `->` for a link, else the mode: `0200`. */
function modeOf(path: string): Answer {
  const kn = kern_path(path, false)
  if (kn < 0) return errname(kn)
  const type = kernfs_type(as(kn))
  const mode = kernfs_mode(as(kn)).toString(8).padStart(4, '0')
  kernfs_put(as(kn))
  return type === KERNFS_DIR ? '/' : type === KERNFS_LINK ? '->' : mode
}

function exists(path: string): Answer {
  const kn = kern_path(path, true)
  if (kn < 0) return 'no'
  kernfs_put(as(kn))
  return 'yes'
}

/** The object of a directory in /sys, NULL if there is none. The caller knows that it stays. */
export function objectOf(path: string): number {
  const kn = kern_path(path, true)
  if (kn < 0) return 0
  const object = read(kn + kernfs_node.offset.priv)
  kernfs_put(as(kn))
  return object
}

/** Files that cases keep open, by their number. */
export class OpenFiles {
  readonly #files = new Map<number, Addr<'kernfs_open_file'>>()

  open(path: string, file: number, flags: 'r' | 'w'): Answer {
    const kn = kern_path(path, true)
    if (kn < 0) return errname(kn)
    const of = vfs_open(as(kn), flags === 'r' ? O_RDONLY : O_WRONLY)
    kernfs_put(as(kn))
    if (of > 0) this.#files.set(file, as(of))
    return okOr(of)
  }

  get(file: number): Addr<'kernfs_open_file'> {
    const of = this.#files.get(file)
    if (of === undefined) throw new Error(`no file was opened as ${file}`)
    return of
  }

  closeAll(): void {
    for (const of of this.#files.values()) vfs_close(of)
    this.#files.clear()
  }
}

/** Runs an action on files; undefined for any other. */
export function onFiles(action: Action, files: OpenFiles): Answer | undefined {
  switch (action.do) {
    case 'write':
      return answer(sysfs_write(action.path, action.text))
    case 'read':
      return answer(sysfs_read(action.path))
    case 'list':
      return answer(sysfs_list(action.path))
    case 'link':
      return answer(sysfs_readlink(action.path))
    case 'mode':
      return modeOf(action.path)
    case 'exists':
      return exists(action.path)
    case 'open':
      return files.open(action.path, action.file, action.flags)
    case 'write to':
      return answer(vfs_write(files.get(action.file), action.text))
    case 'read from':
      return answer(vfs_read(files.get(action.file)))
    case 'log':
    case 'uevents':
    case 'call':
    case 'race':
      break
  }
  return undefined
}
