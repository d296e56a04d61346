/**
 * Errors of the public locks: misuse that would hang or corrupt, and waits that end without what was waited for. Arguments that
 * are wrong in themselves are a RangeError or a TypeError.
 */

/** What the locks throw. `code` tells the kinds apart where `instanceof` cannot, as across realms. */
export class SyncError extends Error {
  override readonly name: string = 'SyncError'
  /** A symbolic errno, as Node's own errors have: `'EDEADLK'`. */
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The thread would wait for itself for ever. */
export class DeadlockError extends SyncError {
  override readonly name: string = 'DeadlockError'

  constructor(message: string) {
    super('EDEADLK', message)
  }
}

/** The thread gives back what it does not hold. */
export class OwnershipError extends SyncError {
  override readonly name: string = 'OwnershipError'

  constructor(message: string) {
    super('EPERM', message)
  }
}

/** An asynchronous wait took longer than its `timeoutMs`. */
export class TimeoutError extends SyncError {
  override readonly name: string = 'TimeoutError'

  constructor(message: string) {
    super('ETIMEDOUT', message)
  }
}

/** The object was never made: its words are still zero. */
export class UninitializedError extends SyncError {
  override readonly name: string = 'UninitializedError'

  constructor(message: string) {
    super('EINVAL', message)
  }
}

/** The thread must not block, as the main thread of a page: the asynchronous form is there for it. */
export class BlockingError extends SyncError {
  override readonly name: string = 'BlockingError'

  constructor(message: string) {
    super('EWOULDBLOCK', message)
  }
}

/** The thread has no number by which a lock could know it, or would get a second one. */
export class ThreadNumberError extends SyncError {
  override readonly name: string = 'ThreadNumberError'

  constructor(message: string) {
    super('ESRCH', message)
  }
}

/** A channel is closed: nothing can be sent any more. */
export class ClosedError extends SyncError {
  override readonly name: string = 'ClosedError'

  constructor(message: string) {
    super('EPIPE', message)
  }
}

/** A robust lock: the thread that held it has ended inside, and what it guards may be half done. */
export class OwnerDiedError extends SyncError {
  override readonly name: string = 'OwnerDiedError'

  constructor(message: string) {
    super('EOWNERDEAD', message)
  }
}

/** A robust lock that was given up: an owner died inside, and what it guards was not repaired. */
export class UnrecoverableError extends SyncError {
  override readonly name: string = 'UnrecoverableError'

  constructor(message: string) {
    super('ENOTRECOVERABLE', message)
  }
}

/** An asynchronous wait was ended by `cancel`. */
export class CancelledError extends SyncError {
  override readonly name: string = 'CancelledError'

  constructor(message: string) {
    super('ECANCELED', message)
  }
}
