/**
 * Explores a program of a module from a synchronous function: a worker thread is the host of the cores, and this thread sleeps until that
 * has a verdict.
 */
import type * as Threads from 'node:worker_threads'
import type { ExploreOptions } from '../explore.ts'
import type { Verdict } from '../verdict.ts'
import { builtin } from './builtin.ts'
import { tellIdentity } from './identity.ts'
import type { Explored } from './judged.ts'
import { refOf, type ProgramFile, type ProgramRef } from './program_file.ts'
import { RefusedError, unsupported, type RefusalCode } from './refused.ts'
import { causedBy } from './verdicts.ts'

/** Words that the host and this thread share. */
export const DONE = 0
/** Executions of the search under way. */
export const EXECUTED = 1
/** Goes on as long as the host lives. */
export const PULSE = 2
const WORDS = 3

/** What the host is given. */
export interface Order {
  readonly program: ProgramRef
  readonly options: ExploreOptions
  readonly jobs: number
  readonly words: Int32Array
  readonly port: Threads.MessagePort
}

/** What it answers. */
export type Answer =
  | { readonly explored: Explored }
  | { readonly refused: RefusalCode; readonly message: string }
  | { readonly broke: unknown }

const HOST = new URL('../../../workers/explore_program.js', import.meta.url)
/** Time between two looks, and after so long without a sign the host is taken for dead. */
const LOOK_MS = 200
const DEAD_MS = 60_000

function threads(): typeof Threads {
  const found = builtin('node:worker_threads') as typeof Threads | undefined
  if (found === undefined)
    throw unsupported(
      'a program of a module needs worker threads, which this runtime has not: give the program itself',
    )
  return found
}

/** Sleeps until the host is done. Tells how far it is meanwhile. */
function sleepUntilDone(words: Int32Array, progress: ExploreOptions['progress']): void {
  const started = performance.now()
  let [pulse, since] = [0, started]
  while (Atomics.load(words, DONE) === 0) {
    Atomics.wait(words, DONE, 0, LOOK_MS)
    const now = performance.now()
    if (Atomics.load(words, PULSE) !== pulse) [pulse, since] = [Atomics.load(words, PULSE), now]
    else if (now - since > DEAD_MS) throw new Error('the worker thread that hosts the search has died')
    progress?.({ executions: Atomics.load(words, EXECUTED), ms: now - started })
  }
}

/** Explores it on so many cores. @throws RefusedError */
export function exploreFile(
  file: ProgramFile,
  { progress, ...options }: ExploreOptions,
  jobs: number,
): Verdict {
  const program = refOf(file)
  const { Worker, MessageChannel, receiveMessageOnPort } = threads()
  const words = new Int32Array(new SharedArrayBuffer(WORDS * 4))
  const { port1, port2 } = new MessageChannel()
  const order: Order = { program, options, jobs, words, port: port2 }
  const host = new Worker(HOST, { workerData: order, transferList: [port2] })
  host.unref()
  try {
    sleepUntilDone(words, progress)
    const answer = receiveMessageOnPort(port1)?.message as Answer | undefined
    if (answer === undefined) throw new Error('the worker thread that hosts the search has told nothing')
    if ('broke' in answer) throw answer.broke
    if ('refused' in answer) throw new RefusedError(answer.refused, answer.message)
    const { identity, verdict, cause } = answer.explored
    tellIdentity(file, identity)
    return causedBy(verdict, cause)
  } finally {
    port1.close()
  }
}
