/**
 * A fence: what keeps user space out of a driver whose device is gone, behind one small interface.
 *
 *   fence_open(f, file)                   fence_kill_begin(f)   newcomers are refused
 *   fence_enter(file) → token             fence_wake(f)         the driver's part: whoever sleeps inside shall look
 *   fence_leave(file, token)              fence_kill_wait(f)    nobody is inside any longer
 *   fence_wait(file, token, …)
 *   fence_release(file)
 *
 * A strong fence promises: after fence_kill_wait has returned, nothing of the driver runs between fence_enter and fence_leave, and
 * nothing ever will. Then the driver may free its interrupt, unmap and be unloaded, without a flag or a lock of its own.
 *
 * Token       belongs to the call, not to the file, which threads may share: see revocable.ts for what comes of the other.
 * Two halves  waking is the driver's affair and has to come between refusing and waiting, or a sleeper that stays inside is
 *             waited for as long as it likes.
 * Members     files of this folder, of the same shape: `diff rwsem.ts srcu.ts` reads like the argument of the thread.
 * Sleeping    fence_sleep.ts
 * Order       a fence is outermost: fence_enter … fence_leave may take any lock inside.
 * Context     all sleep.
 * Source      thread of March 2017: L. Gunthorpe (alive flags, cdev_kill), J. Gunthorpe (TPM, infiniband, sysfs); the seven steps and
 *             the two halves: L. Pinchart, 29 January 2026, in the thread on the revert of revocable
 */
import { read, write } from '#access'
import { as } from '../base/addr.ts'
import { init_poll_queue } from '../kernel/cdev/chardev_poll.ts'
import { init_waitqueue_head } from '../sync/index.ts'
import { audit_close, audit_enter, audit_late, audit_leave } from './audit.ts'
import { fence, fence_file, type_of, type Fence, type FenceFile } from './fence_struct.ts'

const F = fence.offset
const AUDIT = fence.at.audit
const OF = fence_file.offset.fence
/** The time-out path of Switchtec v5: 500 ms. */
const TIMEOUT_US = 500_000
/** Bit of a token: the audit was closed when the operation entered. */
const CLOSED = 1 << 30

/** Prepares a fence in zeroed memory. `kind` is an id of `fences`. Returns 0 or -ENOMEM. */
export function fence_init(f: Fence, kind: number): number {
  write(f + F.kind, kind)
  write(f + F.alive, 1)
  write(f + F.timeout_us, TIMEOUT_US)
  init_poll_queue(fence.at.wait(f))
  init_waitqueue_head(fence.at.empty(f))
  return type_of(f).init?.(f) ?? 0
}

/** Gives back what fence_init took. Nobody may use the fence any more. */
export function fence_destroy(f: Fence): void {
  type_of(f).destroy?.(f)
}

/** The fence of a file. */
export function fence_of(file: FenceFile): Fence {
  return as(read(file + OF))
}

/** A file of the device is opened, in zeroed memory. Returns 0 or a negative errno, and then the file is none. */
export function fence_open(f: Fence, file: FenceFile): number {
  write(file + OF, f)
  return type_of(f).open?.(f, file) ?? 0
}

/** The file has been closed. */
export function fence_release(file: FenceFile): void {
  const f = fence_of(file)
  type_of(f).release?.(f, file)
}

/** Before the driver's code. Returns the token of this call for fence_leave, or a negative errno: the device is gone. */
export function fence_enter(file: FenceFile): number {
  const f = fence_of(file)
  const token = type_of(f).enter(f, file)
  if (token < 0) return token
  return audit_enter(AUDIT(f)) === 0 ? token : token | CLOSED
}

/** After it. */
export function fence_leave(file: FenceFile, token: number): void {
  const f = fence_of(file)
  audit_leave(AUDIT(f), token & CLOSED)
  type_of(f).leave(f, file, token & ~CLOSED)
}

/** Takes the device away from user space, first half: whoever comes from here on is refused. */
export function fence_kill_begin(f: Fence): void {
  const { begin, wait } = type_of(f)
  begin(f)
  if (wait === undefined) audit_close(AUDIT(f))
}

/** Between the halves: wakes sleepers, if the member does. */
export function fence_wake(f: Fence): void {
  type_of(f).wake?.(f)
}

/** Second half: waits for those inside. What holds afterwards is the member's promise. */
export function fence_kill_wait(f: Fence): void {
  const { wait } = type_of(f)
  if (wait === undefined) return
  wait(f)
  audit_close(AUDIT(f))
}

/** True if the second half has something to wait for. */
export function fence_drains(f: Fence): boolean {
  return type_of(f).wait !== undefined
}

/** Operations that ran, or were still running, after the kill. */
export function fence_late(f: Fence): number {
  return audit_late(AUDIT(f))
}
