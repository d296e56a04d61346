/**
 * What async bodies start that the explorer does not see: timers that were taken before the run, files, sockets. It goes on when the
 * explorer takes the program for ended or stuck, so it is looked for where one of the two could be wrong. Node alone tells of it.
 */
import type * as AsyncHooks from 'node:async_hooks'
import { MAY_WAIT, unsupported } from './refused.ts'

/** What bodies start by printing and by promises, and what ends before anything else runs. */
const INSIDE =
  /^(?:PROMISE|Microtask|TickObject|Immediate|BLOBREADER|(?:PIPE|TTY|WRITE|SHUTDOWN|SIGNAL)WRAP)$/

function hooks(): typeof AsyncHooks | undefined {
  const process = Reflect.get(globalThis, 'process') as NodeJS.Process | undefined
  // Bun has hooks that are never called, and says so to the user.
  if (process?.versions?.['bun'] !== undefined) return undefined
  return process?.getBuiltinModule?.('node:async_hooks')
}

/**
 * Runs an execution, and refuses the program if its bodies have started something outside.
 * @param stuck nothing could go on: whatever it is could be waited for. Else only a timer counts, which runs code of theirs later
 */
export async function startedOutside(
  engine: { readonly inBody: boolean },
  stuck: boolean,
  run: () => Promise<unknown>,
): Promise<void> {
  const host = hooks()
  let started: string | undefined
  const init = (_id: number, type: string): void => {
    if (engine.inBody && (stuck ? !INSIDE.test(type) : type === 'Timeout')) started ??= type
  }
  const hook = host?.createHook({ init }).enable()
  try {
    await run()
  } finally {
    hook?.disable()
  }
  if (started !== undefined)
    throw unsupported(
      `a body has started what the explorer does not control, which Node calls ${started}: ${MAY_WAIT}`,
    )
}
