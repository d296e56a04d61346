/**
 * A mount from beginning to end: boot, mount, serve until it is unmounted or somebody asks for the end, look the kernel over.
 *
 * Invariant   however it ends, nothing is left mounted and no thread is left running. A thread that cannot be ended, because it is
 *             inside a read that no longer returns, ends with the process.
 * Context     main's event loop.
 */
import { closeSync, openSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { FileRef } from '../define/brought.ts'
import { machine_init } from '../machine/globals.ts'
import { mdevLockSlots } from '../machine/mdev_names.ts'
import { onArena } from '../machine/on_arena.ts'
import { publishMachine, type SeenMachine } from '../machine/published.ts'
import { createArena } from '../mem/arena.ts'
import { mountBytes, whyNotBooted, type MountBoot } from './boot.ts'
import type { Closing } from './closing.ts'
import { MountCrew } from './crew.ts'
import { MountPoint, type MountOptions } from './mount_point.ts'
import { mountWords, Threads } from './words.ts'

/** What is mounted where. */
export interface MountPlan extends MountOptions {
  readonly dir: string
  readonly boot: MountBoot
  /** CPUs: threads that there may be. */
  readonly cpus: number
  readonly files: readonly FileRef[]
}

/** What a mount has come to. */
export interface MountEnd {
  /** CPUs that were needed, requests answered. */
  readonly threads: number
  readonly requests: number
  /** True: somebody was still using it when it was unmounted. */
  readonly busy: boolean
  /** Undefined: CPU 0 was not there any more to look. */
  readonly closing: Closing | undefined
  /** Reports of tasks that died. */
  readonly oopses: readonly string[]
  /** What went wrong with the server itself. */
  readonly faults: readonly string[]
  /** Threads that could not be ended. */
  readonly stuck: number
}

/** It cannot be mounted here. Its message says why. */
export class CannotMount extends Error {
  override readonly name: string = 'CannotMount'
  readonly code = 'ERR_CANNOT_MOUNT'
}

/** Threads to begin with: one that works, and one that waits. */
const FIRST = 2
/** How long each way of ending the threads is given, milliseconds; and how often it is looked whether any goes on. */
const GRACE_MS = 5_000
const LOOK_MS = 250

function openDevice(): number {
  try {
    return openSync('/dev/fuse', 'r+')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why =
      code === 'ENOENT'
        ? 'there is none: the kernel has no FUSE, or the container was given no such device'
        : code
    throw new CannotMount(`/dev/fuse cannot be opened: ${why}`)
  }
}

/** One mount. Make it with `begin`; `end` must be called, whatever happened. */
export class Mount {
  readonly #fd: number
  readonly #crew: MountCrew
  readonly #point: MountPoint
  readonly #threads: Threads
  readonly #oopses: string[] = []
  readonly #faults: string[] = []
  readonly #view: Int32Array
  readonly #name: string
  #unpublish: () => void = () => {}

  private constructor(plan: MountPlan, fd: number, tell: (text: string) => void) {
    const { boot, cpus, files } = plan
    const sab = createArena(mountBytes(boot, cpus), cpus)
    const view = new Int32Array(sab)
    onArena(view, () => machine_init(cpus, mdevLockSlots(boot.parents)))
    const words = mountWords(view.length)
    const time = Math.floor(Date.now() / 1000)
    this.#fd = fd
    this.#view = view
    this.#name = boot.strategy
    this.#threads = new Threads(words)
    this.#point = new MountPoint(plan.dir, plan)
    this.#crew = new MountCrew({ sab, words, fd, most: cpus, time, boot, files }, (cpu, oops, text) => {
      ;(oops ? this.#oopses : this.#faults).push(text)
      tell(`CPU ${cpu} has died and keeps the locks that it held; its client gets EIO\n${text}`)
    })
  }

  /**
   * Boots and mounts.
   * @param tell hears of what dies
   * @throws CannotMount
   */
  static async begin(plan: MountPlan, tell: (text: string) => void): Promise<Mount> {
    const fd = openDevice()
    const mount = new Mount(plan, fd, tell)
    const ret = await mount.#crew.boot()
    const why = ret === 0 ? await mount.#point.mount(fd) : whyNotBooted(ret)
    if (why === undefined) {
      mount.#crew.open(FIRST)
      mount.#unpublish = publishMachine(() => mount.#see())
      return mount
    }
    mount.#crew.cancel()
    await mount.#crew.left
    mount.#point.end()
    closeSync(fd)
    throw new CannotMount(`${plan.dir} cannot be mounted on: ${why}`)
  }

  /** As it is now, for who looks at runs. */
  async #see(): Promise<SeenMachine> {
    const { seeMount } = await import('./see.ts')
    return onArena(this.#view, () => seeMount(this.#name, this.#crew.started, this.#view))
  }

  /** Resolves when nobody serves any more, because somebody has unmounted it. */
  get gone(): Promise<void> {
    return this.#crew.left
  }

  /** Another text whenever a thread has ended or a request was answered. */
  get #progress(): string {
    return `${this.#crew.aboard.length} ${this.#threads.requests}`
  }

  /**
   * Unmounts and ends the threads, each way given its time: they leave, the connection is aborted, they are terminated. Once no request
   * can come any more, a call that goes on has all the time that it needs: on a busy machine many wait for one lock.
   */
  async end(): Promise<MountEnd> {
    const busy = await this.#point.unmount()
    let left = await within(this.#crew.left)
    if (!left && this.#point.abort()) left = await within(this.#crew.left, () => this.#progress)
    if (!left) left = await within(this.#crew.terminate(), () => this.#progress)
    const stuck = this.#crew.aboard.length
    this.#unpublish()
    this.#point.end()
    if (left) closeSync(this.#fd)
    return {
      threads: this.#crew.started,
      requests: this.#threads.requests,
      busy,
      closing: this.#crew.closing,
      oopses: this.#oopses,
      faults: this.#faults,
      stuck,
    }
  }
}

/** True if it happens within the grace, which begins anew whenever `progress` says something else. */
async function within(what: Promise<unknown>, progress: () => string = () => ''): Promise<boolean> {
  const done = what.then(() => true)
  const over = new AbortController()
  let seen = progress()
  for (let quiet = 0; quiet < GRACE_MS; quiet += LOOK_MS) {
    const late = setTimeout(LOOK_MS, false, { signal: over.signal }).catch(() => false)
    if (await Promise.race([done, late])) {
      over.abort()
      return true
    }
    const now = progress()
    if (now !== seen) quiet = 0
    seen = now
  }
  return false
}
