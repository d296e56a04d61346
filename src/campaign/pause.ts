import { setTimeout } from 'node:timers/promises'

/** Waits so many milliseconds, or until the signal. It orders nothing: whoever paused looks again. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => {})
}
