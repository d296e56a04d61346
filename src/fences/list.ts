/**
 * All fences, in the order of tables: the control first.
 */
import { cdev_kill } from './cdev_kill.ts'
import type { FenceType } from './fence.ts'
import { flag } from './flag.ts'
import { hard } from './hard.ts'
import { mutex } from './mutex.ts'
import { rwsem } from './rwsem.ts'
import { srcu } from './srcu.ts'
import { wait_close } from './wait_close.ts'

export const FENCES: readonly FenceType[] = [flag, mutex, hard, rwsem, srcu, wait_close, cdev_kill]

/** The fence of a name; undefined if there is none. */
export function fenceNamed(name: string): FenceType | undefined {
  return FENCES.find((one) => one.name === name)
}
