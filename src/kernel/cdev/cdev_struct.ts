/**
 * Layouts of character devices: cdev, open file, what a driver does with them.
 *
 * Source   include/linux/cdev.h, fs.h
 */
import type { Addr } from '../../base/addr.ts'
import { OpsTable } from '../../base/ops.ts'
import { embed, guarded_by, list_head, ptr, struct, word } from '../../mem/index.ts'
import { kref } from '../../sync/index.ts'
import type { PollTable } from './chardev_poll.ts'
import { kobject } from '../device/kobject_struct.ts'
import { qstr } from '../qstr.ts'

export const cdev = struct('cdev', {
  /** Its parent is the object that open files pin: usually the device around the cdev. */
  kobj: embed(kobject),
  /** Id of file_operations. */
  ops: word,
  /** Module that owns the code; NULL for built-in. */
  owner: ptr('module'),
  /** First device number, and how many minors. 0 while not added. */
  dev: guarded_by('cdev_lock', word),
  count: guarded_by('cdev_lock', word),
  entry: guarded_by('cdev_lock', embed(list_head)),
  /** Its node in /dev, while there is one. */
  node: guarded_by('cdev_lock', embed(list_head)),
  name: guarded_by('cdev_lock', embed(qstr)),
})
export type Cdev = Addr<'cdev'>

export const file = struct('file', {
  f_count: embed(kref),
  /** Id of file_operations: the file keeps calling them after cdev_del. */
  f_op: word,
  f_flags: word,
  f_cdev: ptr('cdev'),
  /** Minor within the cdev's range. */
  minor: word,
  private_data: word,
})
export type CharFile = Addr<'file'>

/** What a driver does with its open files. Buffers are addresses of words, counts are bytes. Sleeps, unless said otherwise. */
export interface FileOperations {
  /** Returns 0 or a negative errno, which undoes the open. */
  readonly open?: (cdev: Cdev, file: CharFile) => number
  /** The last reference to the file is gone. */
  readonly release?: (file: CharFile) => void
  /** Returns bytes or a negative errno. */
  readonly read?: (file: CharFile, buf: number, count: number) => number
  readonly write?: (file: CharFile, buf: number, count: number) => number
  readonly ioctl?: (file: CharFile, cmd: number, arg: number) => number
  /** Names its queues with poll_wait, then tells what is ready: a mask of POLL*. */
  readonly poll?: (file: CharFile, table: PollTable) => number
}
export const file_operations = new OpsTable<FileOperations>('file_operations')

const MINOR_BITS = 20
/** Device number of major and minor. */
export function MKDEV(major: number, minor: number): number {
  return (major << MINOR_BITS) | minor
}
export function MAJOR(devt: number): number {
  return devt >>> MINOR_BITS
}
export function MINOR(devt: number): number {
  return devt & ((1 << MINOR_BITS) - 1)
}
