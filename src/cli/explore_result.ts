/**
 * Results of every kind of `explore`, as `--json` keeps them.
 */
import { loadavg } from 'node:os'
import { environment } from '../results/index.ts'

/** A result under its schema, with the machine and its load. */
export function explored(what: string, result: unknown): object {
  return { schema: `lockstorm/explore-${what}@1`, env: environment(), load: loadavg()[0], result }
}
