/**
 * The words of a fence and of an open file behind it, and what a member is.
 */
import { read } from '#access'
import type { Addr } from '../base/addr.ts'
import { NR_CPUS } from '../base/constants.ts'
import { OpsTable } from '../base/ops.ts'
import { poll_queue, wake_up_poll } from '../kernel/cdev/chardev_poll.ts'
import { embed, ptr, struct, word, words } from '../mem/layout.ts'
import { list_head } from '../mem/index.ts'
import { mutex, percpu_ref, rw_semaphore, spinlock, srcu_struct, wait_queue_head } from '../sync/index.ts'
import { fence_audit } from './audit.ts'
import { revocable } from './revocable_struct.ts'

export const fence = struct('fence', {
  /** Id of the member in `fences`. */
  kind: word,
  /** 1 until fence_kill_begin. Who guards it is what the members differ by. */
  alive: word,
  mutex: embed(mutex),
  sem: embed(rw_semaphore),
  srcu: embed(srcu_struct),
  ref: embed(percpu_ref),
  provider: ptr('revocable_provider'),
  /** Everybody who waits for the device: in a call or in poll. */
  wait: embed(poll_queue),
  /** Open files or operations, where the member counts them, and who waits for the last one. Atomic. */
  files: word,
  empty: embed(wait_queue_head),
  /** Open files, where the member keeps a list of them. */
  list_lock: embed(spinlock),
  list: embed(list_head),
  /** Open files by the CPU that opened them: cdev_kill must know whom to kill. Atomic. */
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

/** An open file, as fences see it. */
export const fence_file = struct('fence_file', {
  fence: ptr('fence'),
  /** Where the member hands out a handle with the file. */
  handle: embed(revocable),
  /** Where the member keeps a list of files: 1 when the operations have been taken from this one. */
  swapped: word,
  node: embed(list_head),
})
export type FenceFile = Addr<'fence_file'>

/** One way to do it. */
export interface FenceType {
  readonly name: string
  /** Who did it so. */
  readonly history: string
  /** True if nothing can run after the kill. False: a control, which the checker must catch. */
  readonly strong: boolean
  /** True if the kill wakes those who sleep in the device. */
  readonly wakes: boolean
  /** True if the kill ends only when every file has been closed. */
  readonly waits: boolean
  /** A sleeper looks again after this long, its time-out path. Otherwise it sleeps until it is woken. */
  readonly looks?: true
  /** A sleeper stays inside. Who is not woken then delays the kill until it has had enough by itself. */
  readonly keeps?: true
  /** Readers of other devices delay the kill. */
  readonly shared?: true
  /** What an operation is told that comes too late: a negative errno. */
  readonly gone: number
  /** What poll says then; POLL_GONE if not given. */
  readonly gone_mask?: number
  /** Prepares what only this member needs. Returns 0 or -ENOMEM. */
  readonly init?: (f: Fence) => number
  /** A file is opened. Returns 0 or a negative errno. */
  readonly open?: (f: Fence, file: FenceFile) => number
  readonly release?: (f: Fence, file: FenceFile) => void
  /** The driver is about to be called. Returns the token of this call, which `leave` wants, or `gone`, or -EINTR. */
  readonly enter: (f: Fence, file: FenceFile) => number
  readonly leave: (f: Fence, file: FenceFile, token: number) => void
  /** The device goes: whoever comes from now on is refused. The cdev has been deleted before, so no new file is opened. */
  readonly begin: (f: Fence) => void
  /** Wakes those who sleep in the device. */
  readonly wake?: (f: Fence) => void
  /** Waits for those who are inside; absent: `begin` has waited, or nobody does. */
  readonly wait?: (f: Fence) => void
  readonly destroy?: (f: Fence) => void
}
/** All members, by the id of their name. */
export const fences = new OpsTable<FenceType>('fence')

const KIND = fence.offset.kind

/** The member that a fence is of. */
export function type_of(f: Fence): FenceType {
  return fences.get(read(f + KIND))
}

/** `wake` of those members that wake. */
export function wake_sleepers(f: Fence): void {
  wake_up_poll(fence.at.wait(f))
}
