/**
 * Workers of the checked build. A runtime may ignore `execArgv`, as Deno and Bun do: its workers then get the fast build, in which
 * nothing can be watched, and an exploration would end after no steps with "exhausted". So one worker is asked first.
 */
import { WorkerThread } from './worker_thread.ts'

const entry = new URL('../../workers/probe.js', import.meta.url)

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

/** Whether a worker of that build runs it. Costs a worker. */
export async function isChecked(checked: boolean): Promise<boolean> {
  const thread = new WorkerThread({ entry, checked })
  try {
    return await thread.run<boolean>(undefined)
  } finally {
    await thread.end()
  }
}

let asked: Promise<boolean> | undefined

/**
 * Call it before workers of the checked build are started: it asks one worker, once per process.
 * @throws {NotCheckedError} if they would run another
 */
export async function mustGetChecked(): Promise<void> {
  asked ??= isChecked(true)
  if (!(await asked)) throw new NotCheckedError()
}
