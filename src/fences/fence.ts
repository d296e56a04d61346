/**
 * A fence: what keeps user space out of a driver whose device is gone, behind one small interface.
 *
 * A strong fence promises: after fence_close has returned, nothing of the driver runs under fence_enter … fence_leave, and
 * nothing ever will. Then the driver may free its interrupt, unmap and be unloaded, without a flag or a lock of its own.
 *
 * Members     files of this folder, of the same shape: `diff rwsem.ts srcu.ts` reads like the argument of the thread.
 * Sleeping    fence_wait gives the fence back while it sleeps and takes it anew, so a sleeper never delays fence_close,
 *             unless the member waits for the last close. "Gone" is part of what ends the sleep.
 * Order       a fence is outermost: fence_enter … fence_leave may take any lock inside.
 * Context     all sleep.
 * Source      thread of March 2017: L. Gunthorpe (alive flags, cdev_kill), J. Gunthorpe (TPM, infiniband, sysfs)
 */
import { fetch_add, fetch_sub, ktime_get_ns, read, write } from '#access'
import type { Addr } from '../base/addr.ts'
import { EINTR, ETIME } from '../base/errno.ts'
import { NSEC_PER_USEC, NR_CPUS } from '../base/constants.ts'
import { OpsTable } from '../base/ops.ts'
import {
  init_poll_queue,
  poll_queue,
  poll_wait,
  wake_up_poll,
  type PollTable,
} from '../kernel/cdev/chardev_poll.ts'
import { embed, struct, word, words } from '../mem/layout.ts'
import {
  deadline_in,
  finish_wait,
  FUTEX_TIMEDOUT,
  init_waitqueue_head,
  mutex,
  NEVER,
  prepare_to_wait,
  rw_semaphore,
  signal_pending,
  srcu_struct,
  wait_queue_head,
  wait_token,
  wait_woken,
} from '../sync/index.ts'
import { audit_close, audit_enter, audit_late, audit_leave, fence_audit } from './audit.ts'

export const fence = struct('fence', {
  /** Id of the member in `fences`. */
  kind: word,
  /** 1 until fence_close. Who guards it is what the members differ by. */
  alive: word,
  mutex: embed(mutex),
  sem: embed(rw_semaphore),
  srcu: embed(srcu_struct),
  /** Everybody who waits for the device: in a call or in poll. */
  wait: embed(poll_queue),
  /** Open files, where the member counts them, and who waits for the last one to be closed. Atomic. */
  files: word,
  empty: embed(wait_queue_head),
  /** The same by the CPU that opened them: cdev_kill must know whom to kill. Atomic. */
  holders: words(NR_CPUS),
  /** Longest sleep of a member that wakes nobody, microseconds: its time-out path. */
  timeout_us: word,
  /** Sleepers now; sleepers that unregistration woke; sleepers that found out by their own time-out. Atomic. */
  asleep: word,
  woken: word,
  left: word,
  audit: embed(fence_audit),
})
export type Fence = Addr<'fence'>

/** One way to do it. */
export interface FenceType {
  readonly name: string
  /** Who did it so. */
  readonly history: string
  /** True if nothing can run after `close`. False: a control, which the checker must catch. */
  readonly strong: boolean
  /** True if close wakes those who sleep in the device. */
  readonly wakes: boolean
  /** True if close returns only when every file has been closed. */
  readonly waits: boolean
  /** Longest that a sleeper sleeps before it looks again: its time-out path. Otherwise it sleeps until it is woken. */
  readonly looks?: true
  /** Prepares what only this member needs. Returns 0 or -ENOMEM. */
  readonly init?: (f: Fence) => number
  /** A file is opened. Returns 0 or a negative errno. */
  readonly open?: (f: Fence) => number
  readonly release?: (f: Fence) => void
  /** The driver is about to be called. Returns what `leave` wants, or a negative errno. */
  readonly enter: (f: Fence) => number
  readonly leave: (f: Fence, token: number) => void
  /** The device goes. The cdev has been deleted before, so no new file will be opened by whoever comes from now on. */
  readonly close: (f: Fence) => void
  /** Wakes those who sleep in the device, when the fence is closed. */
  readonly tell?: (f: Fence) => void
  readonly destroy?: (f: Fence) => void
}
/** All members, by the id of their name. */
export const fences = new OpsTable<FenceType>('fence')

const F = fence.offset
const AUDIT = fence.at.audit
/** The time-out path of Switchtec v5: 500 ms. */
const TIMEOUT_US = 500_000
/** Bit of a token: the audit was closed when the operation entered. */
const CLOSED = 1 << 30

function type_of(f: Fence): FenceType {
  return fences.get(read(f + F.kind))
}

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

/** A file of the device is opened. Returns 0 or a negative errno. */
export function fence_open(f: Fence): number {
  return type_of(f).open?.(f) ?? 0
}

/** The file has been closed. */
export function fence_release(f: Fence): void {
  type_of(f).release?.(f)
}

/** Before the driver's code. Returns a token for fence_leave, or a negative errno: the device is gone. */
export function fence_enter(f: Fence): number {
  const token = type_of(f).enter(f)
  if (token < 0) return token
  return audit_enter(AUDIT(f)) === 0 ? token : token | CLOSED
}

/** After it. */
export function fence_leave(f: Fence, token: number): void {
  audit_leave(AUDIT(f), token & CLOSED)
  type_of(f).leave(f, token & ~CLOSED)
}

/** Takes the device away from user space. What holds afterwards is the member's promise. */
export function fence_close(f: Fence): void {
  type_of(f).close(f)
  audit_close(AUDIT(f))
}

/** After fence_close: tells sleepers, if the member does. Their number costs time here, and none in fence_close. */
export function fence_tell(f: Fence): void {
  type_of(f).tell?.(f)
}

/** tell of those members that wake. */
export function wake_sleepers(f: Fence): void {
  wake_up_poll(fence.at.wait(f))
}

/** Sleeps once, outside the fence. Returns true when the time is up. */
function sleep_outside(f: Fence, seen: number, deadline: number): boolean {
  const looks = type_of(f).looks === true
  const next = looks ? deadline_in(read(f + F.timeout_us) * NSEC_PER_USEC) : NEVER
  fetch_add(f + F.asleep, 1)
  const how = wait_woken(poll_queue.at.wq(fence.at.wait(f)), seen, false, Math.min(deadline, next), true)
  fetch_sub(f + F.asleep, 1)
  return how === FUTEX_TIMEDOUT
}

/**
 * Waits, inside the fence on entry, until `ready(arg)`, which is asked inside, is true. The fence is given back while asleep.
 * @param timeoutNs NEVER for no limit
 * @returns the token of the fence, which the caller is inside of again; or, outside: what fence_enter says, -ETIME, -EINTR
 */
export function fence_wait(
  f: Fence,
  entered: number,
  ready: (arg: number) => boolean,
  arg: number,
  timeoutNs: number,
): number {
  const wq = poll_queue.at.wq(fence.at.wait(f))
  const deadline = deadline_in(timeoutNs)
  let token = entered
  for (let late = false; ;) {
    prepare_to_wait(wq)
    // Read inside the fence: a close that comes between leaving and falling asleep has changed it.
    const seen = wait_token(wq)
    const end = ready(arg) ? 1 : late && ktime_get_ns() >= deadline ? -ETIME : signal_pending() ? -EINTR : 0
    if (end !== 1) fence_leave(f, token)
    if (end === 0) late = sleep_outside(f, seen, deadline)
    finish_wait(wq)
    if (end !== 0) return end === 1 ? token : end
    token = fence_enter(f)
    if (token < 0) {
      fetch_add(f + (late ? F.left : F.woken), 1)
      return token
    }
  }
}

/** Joins the queue of a poll and enters. Returns the token, or a negative errno: answer POLL_GONE. */
export function fence_poll(f: Fence, table: PollTable): number {
  poll_wait(fence.at.wait(f), table)
  return fence_enter(f)
}

/** Operations that ran, or were still running, after fence_close had returned. */
export function fence_late(f: Fence): number {
  return audit_late(AUDIT(f))
}
