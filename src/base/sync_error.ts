/**
 * Errors of the public locks: misuse that would hang or corrupt, and waits that end without what was waited for. Arguments that
 * are wrong in themselves are a RangeError or a TypeError.
 */

/** What the locks throw. `code` tells the kinds apart where `instanceof` cannot, as across realms. */
export class SyncError extends Error {
  override readonly name: string = 'SyncError'
  /** A symbolic errno, as Node's own errors have: `'EDEADLK'`. */
  readonly code: string = 'ENOSYS'
}

/** The thread would wait for itself for ever. */
export class DeadlockError extends SyncError {
  override readonly name: string = 'DeadlockError'
  override readonly code: string = 'EDEADLK'
}

/** The thread gives back what it does not hold. */
export class OwnershipError extends SyncError {
  override readonly name: string = 'OwnershipError'
  override readonly code: string = 'EPERM'
}

/** An asynchronous wait took longer than its `timeoutMs`. */
export class TimeoutError extends SyncError {
  override readonly name: string = 'TimeoutError'
  override readonly code: string = 'ETIMEDOUT'
}

/** The object was never made: its words are still zero. */
export class UninitializedError extends SyncError {
  override readonly name: string = 'UninitializedError'
  override readonly code: string = 'EINVAL'
}

/** The thread must not block, as the main thread of a page: the asynchronous form is there for it. */
export class BlockingError extends SyncError {
  override readonly name: string = 'BlockingError'
  override readonly code: string = 'EWOULDBLOCK'
}

/** The thread has no number by which a lock could know it, or would get a second one. */
export class ThreadNumberError extends SyncError {
  override readonly name: string = 'ThreadNumberError'
  override readonly code: string = 'ESRCH'
}

/** A channel is closed: nothing can be sent any more. */
export class ClosedError extends SyncError {
  override readonly name: string = 'ClosedError'
  override readonly code: string = 'EPIPE'
}

/** A robust lock: the thread that held it has ended inside, and what it guards may be half done. */
export class OwnerDiedError extends SyncError {
  override readonly name: string = 'OwnerDiedError'
  override readonly code: string = 'EOWNERDEAD'
}

/** A robust lock that was given up: an owner died inside, and what it guards was not repaired. */
export class UnrecoverableError extends SyncError {
  override readonly name: string = 'UnrecoverableError'
  override readonly code: string = 'ENOTRECOVERABLE'
}

/** An asynchronous wait was ended by `cancel`. */
export class CancelledError extends SyncError {
  override readonly name: string = 'CancelledError'
  override readonly code: string = 'ECANCELED'
}
