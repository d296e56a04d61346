/**
 * Workers of the checked build. A runtime may ignore `execArgv`, as Deno and Bun do: its workers then get the fast build, in which
 * nothing can be watched, and an exploration would end after no steps with "exhausted". So one worker is asked first.
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

/** The condition of package.json's `imports` that stands for the checked build. */
export const CONDITION = '--conditions=checked'
/** `execArgv` of a worker that is to run the checked build. */
export const CHECKED_ARGV: readonly string[] = [CONDITION]

const entry = fileURLToPath(new URL('../../workers/probe.js', import.meta.url))

/** Workers do not run the checked build here. Its message is one line that says what to do. */
export class NotCheckedError extends Error {
  override readonly name: string = 'NotCheckedError'
  readonly code = 'ERR_NOT_CHECKED'

  constructor() {
    super(
      'this needs workers of the checked build, and this runtime does not pass --conditions=checked on to its workers: ' +
        'give the condition to the whole process, as in `bun --conditions=checked …`, `deno run --conditions=checked …` or ' +
        '`node --conditions=checked …`',
    )
  }
}

/**
 * Whether a worker that is started so runs the checked build. Costs a worker.
 * @param execArgv of the worker
 */
export async function isChecked(execArgv: readonly string[]): Promise<boolean> {
  const worker = new Worker(entry, { execArgv: [...execArgv] })
  try {
    const [checked] = (await once(worker, 'message')) as [boolean]
    return checked
  } finally {
    await worker.terminate()
  }
}

let asked: Promise<boolean> | undefined

/**
 * Call it before workers of the checked build are started: it asks one worker, once per process.
 * @throws {NotCheckedError} if they would run another
 */
export async function mustGetChecked(): Promise<void> {
  asked ??= isChecked(CHECKED_ARGV)
  if (!(await asked)) throw new NotCheckedError()
}
