/**
 * What a person may choose, by environment variables, so that a program need not be changed.
 */
import { parseDuration } from '../base/duration.ts'

/** See docs/watch.md. */
export interface Settings {
  /** LOCKSTORM_WATCH_SUPPRESS: names of locks whose reports are left out. */
  readonly suppress: readonly string[]
  /** LOCKSTORM_WATCH_HUNG: a thread that has waited so long hangs. Milliseconds. */
  readonly hungMs: number
  /** LOCKSTORM_WATCH_JSON: file for the whole report at exit. */
  readonly json: string | undefined
  /** LOCKSTORM_WATCH_EXIT: exit code of a program with findings that would have ended with 0. */
  readonly exit: number
}

const HUNG_MS = 10_000

/** Reads them. Throws an Error that names a variable that cannot be used. */
export function settings(env: NodeJS.ProcessEnv = process.env): Settings {
  const hung = env['LOCKSTORM_WATCH_HUNG'] ?? ''
  const hungMs = hung === '' ? HUNG_MS : parseDuration(hung)
  if (hungMs === undefined)
    throw new Error(`LOCKSTORM_WATCH_HUNG=${hung}: wanted a time such as 500ms or 10s`)
  const exit = Number(env['LOCKSTORM_WATCH_EXIT'] ?? '0')
  if (!Number.isInteger(exit) || exit < 0 || exit > 255)
    throw new Error(
      `LOCKSTORM_WATCH_EXIT=${env['LOCKSTORM_WATCH_EXIT']}: wanted a whole number from 0 to 255`,
    )
  const names = (env['LOCKSTORM_WATCH_SUPPRESS'] ?? '').split(',').map((name) => name.trim())
  const json = env['LOCKSTORM_WATCH_JSON']
  return { suppress: names.filter((name) => name !== ''), hungMs, json: json === '' ? undefined : json, exit }
}
