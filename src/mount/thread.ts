/**
 * The life of a server thread: attach, boot on CPU 0, wait for the mount, serve, and on CPU 0 close when all others have gone.
 *
 * Messages to main   booted · more (threads) · ended (how) · closed (what was found)
 */
import { threadId } from 'node:worker_threads'
import { write } from '#access'
import type { FileRef } from '../define/brought.ts'
import { loadFiles } from '../define/load.ts'
import type { Telling } from '../machine/worker_thread.ts'
import { attachArena } from '../mem/arena.ts'
import { current, task_struct, TASK_DEAD, TASK_DONE, TASK_RUNNING } from '../mem/task.ts'
import { bootMount, type MountBoot } from './boot.ts'
import { close, type Closing } from './closing.ts'
import { Files } from './files.ts'
import { Server, type End } from './server.ts'
import { Tree } from './tree.ts'
import { UnderWay } from './under_way.ts'
import { Threads, type MountWords } from './words.ts'

/** What a thread is given. */
export interface ThreadData {
  readonly sab: SharedArrayBuffer
  readonly cpu: number
  readonly words: MountWords
  /** /dev/fuse, open. */
  readonly fd: number
  /** Threads that there may be. */
  readonly most: number
  /** Time of every file, in seconds. */
  readonly time: number
  /** Where UnderWay lies; CPU 0 makes it. */
  readonly underWay: number
  readonly boot: MountBoot
  readonly files: readonly FileRef[]
}

/** What it tells main. */
export type ThreadMessage =
  | { readonly type: 'booted'; readonly ret: number; readonly underWay: number }
  | { readonly type: 'more' }
  | { readonly type: 'ended'; readonly end: End }
  | { readonly type: 'closed'; readonly closing: Closing }

const { tid: TID, state: STATE } = task_struct.offset

/** Boots where this is CPU 0. Returns where UnderWay lies; 0: there is nothing to serve. */
function prepare({ cpu, boot, underWay }: ThreadData, tell: (message: ThreadMessage) => void): number {
  if (cpu !== 0) return underWay
  const ret = bootMount(boot)
  const made = ret === 0 ? UnderWay.make() : 0
  tell({ type: 'booted', ret, underWay: made })
  return made
}

/** See the head of this file. */
export async function runThread(data: Telling<ThreadData>): Promise<void> {
  const { sab, cpu, words, fd, most, time, files, port } = data
  attachArena(sab, cpu)
  write(current() + TID, threadId)
  await loadFiles(files)
  const tell = (message: ThreadMessage): void => port.postMessage(message)
  const threads = new Threads(words)
  threads.comes()
  const underWay = prepare(data, tell)
  const tree = new Tree(words.nodes, time, cpu)
  const open = new Files(words.files)
  const more = (): void => tell({ type: 'more' })
  if (underWay === 0 || !threads.awaitOpen()) return
  write(current() + STATE, TASK_RUNNING)
  const end = new Server({
    fd,
    underWay: new UnderWay(underWay),
    threads,
    tree,
    files: open,
    most,
    more,
  }).run()
  write(current() + STATE, end.kind === 'gone' ? TASK_DONE : TASK_DEAD)
  if (cpu === 0 && end.kind === 'gone') {
    threads.awaitOthers()
    tell({ type: 'closed', closing: close(words) })
  }
  tell({ type: 'ended', end })
}
