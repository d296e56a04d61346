/**
 * All fences, in the order of tables: controls first, then what is simple, what is shared, what is young, and who waits for files.
 */
import { cdev_kill } from './cdev_kill.ts'
import { debugfs } from './debugfs.ts'
import { fences, type FenceType } from './fence_struct.ts'
import { flag } from './flag.ts'
import { hard } from './hard.ts'
import { mutex } from './mutex.ts'
import { percpu, percpu_2021 } from './percpu.ts'
import { revocable_1, revocable_3 } from './revoke.ts'
import { rwsem } from './rwsem.ts'
import { dax, drm, rust } from './shared_srcu.ts'
import { srcu, srcu_before } from './srcu.ts'
import { swap } from './swap.ts'
import { tpm } from './tpm.ts'
import { wait_close } from './wait_close.ts'

export const FENCES: readonly FenceType[] = [
  flag,
  swap,
  mutex,
  hard,
  rwsem,
  tpm,
  srcu_before,
  srcu,
  drm,
  dax,
  debugfs,
  percpu_2021,
  percpu,
  revocable_1,
  revocable_3,
  rust,
  wait_close,
  cdev_kill,
]
for (const one of FENCES) fences.define(one.name, one)

/** The fence of a name; undefined if there is none. */
export function fenceNamed(name: string): FenceType | undefined {
  return FENCES.find((one) => one.name === name)
}
