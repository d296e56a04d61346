/**
 * Models of files of sysfs: a store runs on an object that is there, or not at all, whatever removes its file or its directory;
 * and a file that removes itself is removed by one of those who write to it.
 */
import { read, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../../base/addr.ts'
import { ENODEV, ENOENT } from '../../base/errno.ts'
import { O_WRONLY, vfs_close, vfs_open_at, vfs_write } from '../../kernel/file.ts'
import { kernfs_is_linked, kernfs_lookup } from '../../kernel/kernfs/dir.ts'
import { kernfs_node, kernfs_put, KN_DEACTIVATED_BIAS } from '../../kernel/kernfs/node.ts'
import { kernfs_remove } from '../../kernel/kernfs/remove.ts'
import { kobject_del } from '../../kernel/device/kobject.ts'
import { sysfs_remove_file } from '../../kernel/sysfs.ts'
import { mutex_lock, mutex_unlock } from '../../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../../define/model.ts'
import {
  fileName,
  FILES,
  KOBJ,
  LOCK,
  self,
  setup,
  stubborn,
  T,
  TEXT,
  value,
  type Body,
  type Files,
} from './file_world.ts'
import { answer, answerOf, BOOTED, quiet, scheme } from './world.ts'

/** Writes to the CPU's open file. */
function writer(cpu: number, attr: number): Body {
  const at = cpu * FILES.length + FILES.indexOf(attr)
  return function echo(s) {
    answer(s, cpu, vfs_write(as(read(s.open + at)), TEXT))
  }
}

/** Finds the file, opens it, writes and closes. */
function opener(s: Files): void {
  const of = vfs_open_at(as(s.dir), fileName(value), O_WRONLY)
  answer(s, 0, of < 0 ? of : vfs_write(as(of), TEXT))
  if (of > 0) vfs_close(as(of))
}

/** Removes the files that remove themselves, as device_del does, then the directory; then the object is gone. */
function rmdir(s: Files): void {
  rm(s)
  kobject_del(KOBJ(as(s.thing)))
  trace_free(s.thing + T.data, 1, 'thing')
}

/** Another task removes the file that removes itself. */
function rm({ thing: t }: Files): void {
  sysfs_remove_file(KOBJ(as(t)), self)
}

/** Removes the directory with all in it, files that remove themselves too. */
function rmtree({ dir }: Files): void {
  kernfs_remove(as(dir))
}

/** The same set-up, and the stores of `value` take the lock of their object. */
function guarded(make: (scene: Scene) => Files): (scene: Scene) => Files {
  return (scene) => {
    const s = make(scene)
    write(s.thing + T.guarded, 1)
    return s
  }
}

/** WRONG: removes the file with the lock held that its store takes. */
function lockedRm({ thing: t }: Files): void {
  mutex_lock(LOCK(as(t)))
  sysfs_remove_file(KOBJ(as(t)), value)
  mutex_unlock(LOCK(as(t)))
}

/** WRONG: uses the object behind a file without an active reference. */
function careless({ dir }: Files): void {
  const kn = kernfs_lookup(as(dir), fileName(value))
  if (kn !== 0) read(read(kn + kernfs_node.offset.priv) + T.data)
  kernfs_put(kn)
}

/** Each write was taken, or was told that the file is gone; the file is gone, and one store removed it if nobody else did. */
function finish(alone: boolean): (s: Files) => void {
  return (s) => {
    quiet()
    for (const got of [answerOf(s, 0), answerOf(s, 1)])
      check([0, TEXT.length, -ENODEV, -ENOENT].includes(got), `a write returned ${got}`)
    const won = read(s.thing + T.won)
    check(won === read(s.thing + T.done) && won <= 1, `${won} stores removed the file`)
    check(!alone || won === 1, 'no store removed the file')
    check(!kernfs_is_linked(as(s.file)), 'the file is still there')
    check(!alone || kernfs_is_linked(as(s.dir)), 'the directory is gone')
    check(read(s.file + kernfs_node.offset.active) === KN_DEACTIVATED_BIAS, 'an active reference is left')
  }
}

const echoes = [writer(0, self), writer(1, self)]

/** Name, what runs, its CPUs, whether nobody but the stores removes the file. */
const RACES: readonly (readonly [string, string, readonly Body[], boolean, Partial<Model<Files>>?])[] = [
  ['self-self', 'two writes to a file that removes itself', echoes, true, { bound: 3 }],
  [
    'self-rm',
    'a write to a file that removes itself ‖ its removal by another task',
    [writer(0, self), rm],
    false,
    { bound: 2 },
  ],
  [
    'self-rmdir',
    'the same ‖ the removal of file and directory',
    [writer(0, self), rmdir],
    false,
    { bound: 2 },
  ],
  [
    'self-rmtree',
    'the same ‖ the removal of the directory with all in it',
    [writer(0, self), rmtree],
    false,
    { bound: 2 },
  ],
  [
    'self-self-rm',
    'two writes to a file that removes itself ‖ its removal by another task',
    [...echoes, rm],
    false,
    { bound: 1 },
  ],
  [
    'self-self-rmtree',
    'the same ‖ the removal of the directory with all in it',
    [...echoes, rmtree],
    false,
    { bound: 1 },
  ],
  [
    'write-rmdir',
    'a write ‖ the removal of the directory, after which the object is freed',
    [writer(0, value), rmdir],
    false,
  ],
  ['open-rmdir', 'a file is opened and written to ‖ the same', [opener, rmdir], false, { bound: 2 }],
  [
    'self-rmtree-rm',
    'a write to a file that removes itself ‖ the removal of the directory ‖ of the file',
    [writer(0, self), rmtree, rm],
    false,
    { bound: 1 },
  ],
  [
    'self-control',
    'WRONG: a file is removed from its own store by the call that is for others',
    [writer(0, stubborn), rmdir],
    false,
    { expect: 'deadlock' },
  ],
  [
    'lock-control',
    'WRONG: a file is removed with the lock held that its store takes',
    [writer(0, value), lockedRm],
    false,
    { expect: 'deadlock', finish: quiet },
  ],
  [
    'active-control',
    'WRONG: the object of a file is used without an active reference',
    [careless, rmdir],
    false,
    { expect: 'use after free' },
  ],
]

/** Models of files under both schemes of locking. */
export const files: readonly Model[] = [true, false].flatMap((secondOrder) =>
  RACES.map(([name, what, cpus, alone, more]) => {
    const [suffix, words] = scheme(secondOrder)
    const make = setup(secondOrder, cpus.length)
    return defineModel<Files>({
      name: `file-${name}:${suffix}`,
      summary: `${what}; ${words}`,
      setup: cpus.includes(lockedRm) ? guarded(make) : make,
      cpus,
      finish: finish(alone),
      ...BOOTED,
      ...more,
    })
  }),
)
