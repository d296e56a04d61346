/**
 * A server thread: one CPU of the emulated machine, which takes requests of the real kernel one after the other. A system call
 * of a process out there is a system call here: it runs on this thread, and sleeps where the emulated kernel makes it sleep.
 *
 * Threads come on demand: the one that takes a request when nobody else waits for the next asks main for more, up to the CPUs of
 * the arena. Past that the last thread answers EAGAIN to what may sleep, so that there is always one for the rest:
 * for interruptions first of all.
 *
 * Ends      when the file system is unmounted or the connection is aborted (ENODEV). A task that dies of an Oops ends its
 *           thread and keeps its locks, as in a kernel; its client gets EIO.
 */
import { readSync, writeSync } from 'node:fs'
import { EAGAIN, EIO, ENOSYS } from '../base/errno.ts'
import { Oops } from '../base/kernel_error.ts'
import { beat } from '../machine/cpu.ts'
import { KINDS } from './answers.ts'
import type { Files } from './files.ts'
import { answer, FUSE_INTERRUPT, Request, REQUEST_BYTES } from './protocol.ts'
import type { Answer, Tree } from './tree.ts'
import type { UnderWay } from './under_way.ts'
import type { Threads } from './words.ts'

/** What the real kernel answers a read when there is nothing to serve any more. */
const GONE = ['ENODEV', 'ECONNABORTED', 'EBADF']
/** What it answers now and then, and means nothing: the request was taken back. */
const AGAIN = ['EINTR', 'EAGAIN', 'ENOENT']

/** What ended a thread. */
export type End =
  | { readonly kind: 'gone' }
  | { readonly kind: 'died'; readonly oops: boolean; readonly text: string }

/** See the head of this file. */
export class Server {
  readonly #fd: number
  readonly #underWay: UnderWay
  readonly #threads: Threads
  readonly #tree: Tree
  readonly #files: Files
  readonly #most: number
  readonly #more: () => void
  readonly #buffer = Buffer.alloc(REQUEST_BYTES)
  readonly #request = new Request(this.#buffer)

  constructor(parts: {
    readonly fd: number
    readonly underWay: UnderWay
    readonly threads: Threads
    readonly tree: Tree
    readonly files: Files
    /** Threads that there may be. */
    readonly most: number
    /** Asks main for more of them. */
    readonly more: () => void
  }) {
    this.#fd = parts.fd
    this.#underWay = parts.underWay
    this.#threads = parts.threads
    this.#tree = parts.tree
    this.#files = parts.files
    this.#most = parts.most
    this.#more = parts.more
  }

  /** Serves to the end. */
  run(): End {
    for (;;) {
      this.#threads.waits()
      const length = this.#receive()
      const last = this.#threads.works()
      if (length === undefined) {
        this.#threads.over()
        return { kind: 'gone' }
      }
      if (last && this.#threads.complete && this.#threads.begun < this.#most) this.#more()
      const end = this.#request.take(length) ? this.#serve(last) : undefined
      if (end !== undefined) return end
    }
  }

  /** Bytes of the next request; undefined: there will be none. */
  #receive(): number | undefined {
    for (;;) {
      try {
        return readSync(this.#fd, this.#buffer)
      } catch (error) {
        const { code = '' } = error as NodeJS.ErrnoException
        if (GONE.includes(code)) return undefined
        if (!AGAIN.includes(code)) throw error
      }
    }
  }

  /** Answers. A client that was killed in the meantime has taken its request back (ENOENT). */
  #send(bytes: Buffer): undefined {
    try {
      writeSync(this.#fd, bytes)
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      if (!GONE.includes(code) && !AGAIN.includes(code)) throw error
    }
    this.#threads.answered()
  }

  #serve(last: boolean): End | undefined {
    const { opcode, unique } = this.#request
    if (opcode === FUSE_INTERRUPT) return this.#interrupt()
    const kind = KINDS.get(opcode)
    if (kind?.long === true && last && this.#full) return this.#send(answer(unique, -EAGAIN))
    beat(opcode, this.#request.node)
    this.#underWay.begin(unique)
    try {
      const result = kind === undefined ? -ENOSYS : kind.answer(this.#request, this.#tree, this.#files)
      this.#underWay.end()
      this.#reply(unique, result)
    } catch (error) {
      this.#underWay.end()
      this.#send(answer(unique, -EIO))
      const { stack, report } = error as Error & { readonly report?: string }
      return { kind: 'died', oops: error instanceof Oops, text: report ?? stack ?? String(error) }
    }
    beat(0, 0)
    return undefined
  }

  #reply(unique: bigint, result: Answer): void {
    if (typeof result === 'number') this.#send(answer(unique, result))
    else if (result !== undefined) this.#send(answer(unique, 0, result))
  }

  /** A client was sent a signal. EAGAIN: nobody serves its request yet; the real kernel tells of the signal again. */
  #interrupt(): undefined {
    if (!this.#underWay.interrupt(this.#request.big(0))) this.#send(answer(this.#request.unique, -EAGAIN))
  }

  /** Nobody else waits, and nobody will come. */
  get #full(): boolean {
    return this.#threads.begun >= this.#most && this.#threads.complete
  }
}
