/**
 * Words about files: ls, tree, cat, readlink, and the writing behind `echo … >`. The tree is that of sysfs at /sys, and /dev.
 *
 * Context   a CPU; may sleep as long as a show or store does.
 */
import { as } from '../../base/addr.ts'
import {
  kern_path,
  KERNFS_DIR,
  KERNFS_LINK,
  kernfs_mode,
  kernfs_put,
  kernfs_type,
  sysfs_list,
  sysfs_read,
  sysfs_readlink,
  sysfs_write,
} from '../../kernel/index.ts'
import { dev_names, readDevice, writeDevice } from './chardev.ts'
import { misuse, must, mustGive, operand, WordError, type LiveWord } from './word.ts'

/** What a path leads to; '' for nothing. A link is followed only if asked for. */
export function typeOf(path: string, followLast: boolean): 'dir' | 'link' | 'file' | '' {
  if (path === '/' || path === '/dev') return 'dir'
  if (path.startsWith('/dev/')) {
    if (dev_names().includes(path.slice(5))) return 'file'
    return dev_names().some((name) => name.startsWith(`${path.slice(5)}/`)) ? 'dir' : ''
  }
  const kn = kern_path(path, followLast)
  if (kn < 0) return ''
  const type = kernfs_type(as(kn))
  kernfs_put(as(kn))
  return type === KERNFS_DIR ? 'dir' : type === KERNFS_LINK ? 'link' : 'file'
}

/** Names in a directory, sorted. @throws WordError */
function listOf(path: string, word: string): string[] {
  if (path === '/') return ['dev', 'sys']
  if (path !== '/dev' && !path.startsWith('/dev/')) return mustGive(`${word}: ${path}`, sysfs_list(path))
  const below = path === '/dev' ? '' : `${path.slice(5)}/`
  const here = dev_names().filter((name) => name.startsWith(below))
  return [...new Set(here.map((name) => name.slice(below.length).split('/')[0] as string))].sort()
}

const join = (dir: string, name: string): string => (dir === '/' ? `/${name}` : `${dir}/${name}`)

/** `-rw-r--r--`. */
function modeText(path: string): string {
  const type = typeOf(path, false)
  if (path === '/' || path.startsWith('/dev')) return type === 'dir' ? 'drwxr-xr-x' : 'crw-rw-rw-'
  const kn = kern_path(path, false)
  if (kn < 0) return '?---------'
  const bits = kernfs_mode(as(kn)).toString(2).padStart(9, '0').slice(-9)
  kernfs_put(as(kn))
  const letters = bits
    .split('')
    .map((bit, i) => (bit === '1' ? ('rwx'[i % 3] as string) : '-'))
    .join('')
  return `${type === 'dir' ? 'd' : type === 'link' ? 'l' : '-'}${letters}`
}

function longLine(dir: string, name: string): string {
  const path = join(dir, name)
  const link = path.startsWith('/sys') ? sysfs_readlink(path) : -1
  return `${modeText(path)} ${name}${typeof link === 'string' ? ` -> ${link}` : ''}`
}

const ls: LiveWord = ({ args, print }) => {
  const long = args.includes('-l')
  const paths = args.filter((word) => word !== '-l')
  for (const path of paths) {
    if (path.startsWith('-')) throw misuse('ls [-l] [PATH…]')
    const isDir = typeOf(path, true) === 'dir'
    const names = isDir ? listOf(path, 'ls') : [path]
    if (!isDir && typeOf(path, false) === '') must(`ls: ${path}`, Math.min(kern_path(path, false), -2))
    if (isDir && paths.length > 1) print(`${path}:`)
    if (!long) print(names.join('\n'))
    else for (const name of names) print(longLine(isDir ? path : '/', isDir ? name : name.slice(1)))
  }
}

const LAST = '└── '
const INNER = '├── '

const tree: LiveWord = (call) => {
  const top = call.args[0] ?? '/sys'
  const most = /^\d+$/.test(call.args[1] ?? '') ? Number(call.args[1]) : Infinity
  if (call.args.length > 2 || (call.args[1] !== undefined && most === Infinity))
    throw misuse('tree [PATH [DEPTH]]')
  const walk = (dir: string, indent: string, depth: number): void => {
    const names = listOf(dir, 'tree')
    for (const [i, name] of names.entries()) {
      const last = i === names.length - 1
      const path = join(dir, name)
      const link = path.startsWith('/sys/') ? sysfs_readlink(path) : -1
      call.print(`${indent}${last ? LAST : INNER}${name}${typeof link === 'string' ? ` -> ${link}` : ''}`)
      // It may be gone by now: whatever changes while a tree is walked is left out.
      if (depth < most && typeOf(path, false) === 'dir')
        tryWalk(path, `${indent}${last ? '    ' : '│   '}`, depth + 1)
    }
  }
  const tryWalk = (dir: string, indent: string, depth: number): void => {
    try {
      walk(dir, indent, depth)
    } catch (error) {
      if (!(error instanceof WordError)) throw error
    }
  }
  call.print(top)
  walk(top, '', 1)
}

const cat: LiveWord = (call) => {
  operand(call, 0, 'cat PATH…')
  for (const path of call.args) {
    if (path.startsWith('/dev/')) call.print(readDevice(path))
    else call.print(mustGive(`cat: ${path}`, sysfs_read(path)))
  }
}

const readlink: LiveWord = (call) => {
  const path = operand(call, 0, 'readlink PATH')
  call.print(mustGive(`readlink: ${path}`, sysfs_readlink(path)))
}

/** `echo TEXT > FILE`: the path, then the text with its newline. */
const store: LiveWord = (call) => {
  const [path = '', text = ''] = call.args
  if (path.startsWith('/dev/')) writeDevice(path, text)
  else must(`echo: ${path}`, sysfs_write(path, text))
}

/** For cd: is it a directory? */
const enter: LiveWord = ({ args }) => {
  const [path = ''] = args
  const type = typeOf(path, true)
  if (type !== 'dir')
    throw new WordError(
      `cd: ${path}: ${type === '' ? 'there is no such directory' : 'it is no directory'}`,
      1,
    )
}

/** For Tab and for patterns: names below a directory, with a slash behind directories. */
const names: LiveWord = ({ args, give }) => {
  const [path = ''] = args
  if (typeOf(path, true) !== 'dir') return give([])
  give(listOf(path, 'ls').map((name) => (typeOf(join(path, name), true) === 'dir' ? `${name}/` : name)))
}

export const FILE_WORDS: Readonly<Record<string, LiveWord>> = { ls, tree, cat, readlink, store, enter, names }
