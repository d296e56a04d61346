/**
 * The object that the models of files start from: one directory with a file that may be written to, one that removes itself, and one
 * that does so wrongly; all of them open on every CPU.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { attributes, define_attribute } from '../../kernel/device/attribute.ts'
import { O_WRONLY, vfs_close, vfs_open_at } from '../../kernel/file.ts'
import { kernfs_find_and_get } from '../../kernel/kernfs/dir.ts'
import { kernfs_active_nodes, kernfs_get, kernfs_node, type Kn } from '../../kernel/kernfs/node.ts'
import { kobject_add, kobject_init, kobject_put, kobject_set_name } from '../../kernel/device/kobject.ts'
import { kobj_types, kobject } from '../../kernel/device/kobject_struct.ts'
import { qstr_of } from '../../kernel/static_name.ts'
import {
  sysfs_create_file,
  sysfs_dir,
  sysfs_remove_file,
  sysfs_remove_file_self,
} from '../../kernel/sysfs.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { embed, struct, word } from '../../mem/layout.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { check, type Scene } from '../../define/model.ts'
import { bootKernel } from '../boot.ts'
import { answersOf, must, nameOf, onEach } from './world.ts'

/** The object. */
export const thing = struct('explored_kobject', {
  kobj: embed(kobject),
  data: word,
  /** Stores that removed the file, and among them those that have ended. */
  won: word,
  done: word,
  /** 1: a store of `value` takes the lock. */
  guarded: word,
  lock: embed(mutex),
})
export const T = thing.offset
export const KOBJ = thing.at.kobj
export const LOCK = thing.at.lock
export const TEXT = '1'

/** What set-up leaves to the bodies. */
export interface Files extends Record<string, number> {
  readonly thing: number
  /** Directory and file, referenced: they are looked at after their removal too. */
  readonly dir: number
  readonly file: number
  /** The open files of each CPU, in the order of FILES. */
  readonly open: number
  readonly before: number
  readonly answers: number
}

export type Body = (s: Files) => void

const ktype = kobj_types.define('explored_kobject', { release() {} })

/** Takes what is written while its object is there. */
export const value = define_attribute<'explored_kobject'>('explored_kobject.value', {
  name: 'value',
  mode: 0o200,
  store(t, text) {
    if (read(t + T.guarded) === 1) {
      mutex_lock(LOCK(t))
      mutex_unlock(LOCK(t))
    }
    read(t + T.data)
    return text.length
  },
})

/** Removes its own file. Who is told that another did returns when that one is done. */
export const self = define_attribute<'explored_kobject'>('explored_kobject.self', {
  name: 'self',
  mode: 0o200,
  store(t, text, attr) {
    if (sysfs_remove_file_self(KOBJ(t), attr)) {
      write(t + T.won, read(t + T.won) + 1)
      write(t + T.done, read(t + T.done) + 1)
    } else check(read(t + T.done) === 1, 'the removal by another store is not over')
    return text.length
  },
})

/** WRONG: removes its own file as if somebody else did. */
export const stubborn = define_attribute<'explored_kobject'>('explored_kobject.stubborn', {
  name: 'stubborn',
  mode: 0o200,
  store(t, text, attr) {
    sysfs_remove_file(KOBJ(t), attr)
    return text.length
  },
})
export const FILES = [self, value, stubborn]

/** Name of a file. */
export function fileName(attr: number): Addr<'qstr'> {
  return qstr_of(attributes.get(attr).key)
}

/** An object with the three files. */
function makeThing(t: number, name: Addr<'qstr'>): void {
  const kobj = KOBJ(as(t))
  mutex_init(LOCK(as(t)), 'thing->lock')
  kobject_init(kobj, ktype)
  kobject_set_name(kobj, name)
  check(kobject_add(kobj, as(0)) === 0, 'kobject_add')
  for (const file of FILES) check(sysfs_create_file(kobj, file) === 0, 'sysfs_create_file')
}

function openFile(dir: Kn, attr: number): number {
  return must('open', vfs_open_at(dir, fileName(attr), O_WRONLY))
}

/** Boots a kernel with the object. */
export function setup(secondOrder: boolean, cpus: number): (scene: Scene) => Files {
  return (scene) => {
    bootKernel(secondOrder)
    const [warm, name] = [as<'explored_kobject'>(alloc_boot(thing.words)), nameOf(1)]
    onEach(scene, cpus, () => {
      makeThing(warm, name) // fills the CPU's magazines
      vfs_close(as(openFile(sysfs_dir(KOBJ(warm)), value)))
      kobject_put(KOBJ(warm))
    })
    const before = kernfs_active_nodes()
    const t = scene.name(alloc_boot(thing.words), 'thing', thing)
    makeThing(t, name)
    const dir = scene.name(kernfs_get(sysfs_dir(KOBJ(as(t)))), 'dir', kernfs_node)
    const file = scene.name(kernfs_find_and_get(dir, fileName(self)), 'file', kernfs_node)
    const open = alloc_boot(cpus * FILES.length)
    for (let i = 0; i < cpus * FILES.length; i++)
      write(open + i, openFile(dir, FILES[i % FILES.length] as number))
    return { thing: t, dir, file, open, before, answers: answersOf(scene, cpus) }
  }
}
