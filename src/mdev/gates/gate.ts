/**
 * Gate: who keeps create and remove out of a parent that is going away.
 *
 * Create and remove enter and exit; unregistration begins, which refuses newcomers and waits for those inside, and
 * ends. All that the strategies of 2019 differ by is behind these six functions.
 */
import type { Addr } from '../../base/addr.ts'

/** What exit needs to know of its enter: an SRCU index, or 0. */
export type Cookie = number

/** What every member of the family implements. */
export interface Gate {
  readonly name: string
  /** False: there is no protection, and unregistration holds parent_list_lock over all its work, as before 5715c4dd66a3. */
  readonly guarded: boolean
  /** True: create enters before it looks at the namespace, so a dying parent answers ENODEV even to a duplicate. */
  readonly entersFirst: boolean
  /** True: unregistration waits until everybody who is inside has left. False where there is no gate, and of the control. */
  readonly drains: boolean
  /** True: when unregistration is over, whoever still has the parent gets in. The core looks whether it is gone (pin.ts). */
  readonly opensAgain: boolean
  /** False: while somebody is inside, newcomers get in although unregistration has begun. */
  readonly refusesAtOnce: boolean
  /** True: zeroed memory, such as that of a parent that was freed, reads as a parent that is going. */
  readonly zeroIsGone: boolean
  /** Since when lockdep knows that unregistration waits for who is inside; `today`: the update side of SRCU, f0f44752f5f6. */
  readonly lockdepSees: 'always' | 'today' | 'never'
  /** Prepares a new parent. Returns 0 or -ENOMEM. */
  init(parent: Addr<'mdev_parent'>): number
  /** The parent is registered: newcomers are welcome. Under parent_list_lock. */
  open(parent: Addr<'mdev_parent'>): void
  /** Enters, or -ENODEV once unregistration has begun. Never sleeps: a create that slept here would block the drain. */
  try_enter(parent: Addr<'mdev_parent'>): Cookie
  /** Leaves. */
  exit(parent: Addr<'mdev_parent'>, cookie: Cookie): void
  /**
   * Refuses newcomers and waits for nobody: never sleeps, so a caller may hold any lock. begin_unregister follows it, in whatever
   * task. A gate that has it lets unregistration go in two halves (unregister.ts); a semaphore cannot: a writer who does not
   * wait has not begun.
   */
  close?(parent: Addr<'mdev_parent'>): void
  /** Refuses newcomers and waits until all who entered have left. May sleep. */
  begin_unregister(parent: Addr<'mdev_parent'>): void
  /** The children and the sysfs files are gone. */
  end_unregister(parent: Addr<'mdev_parent'>): void
  /** From the parent's release: nobody can reach it any more. */
  destroy(parent: Addr<'mdev_parent'>): void
}
