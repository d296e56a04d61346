/**
 * What a torture of a user's lock counts, and its parameters.
 */
import type { Lock } from '../../define/lock.ts'
import type { Params } from '../params.ts'
import type { Tested } from '../result.ts'
import { COUNTERS } from './control.ts'

/** What is tested, but for its name. */
export const OWN = {
  summary: 'a lock of the user',
  params: ['nwriters_stress', 'nreaders_stress', 'long_hold', 'stutter', 'shutdown_secs', 'seed'],
  counters: COUNTERS,
} as const satisfies Omit<Tested, 'name'>

/** Parameters as they suit the lock and the machine. */
export function ownParams({ lockShared }: Lock, params: Params, cores: number): Params {
  const { nwriters_stress, nreaders_stress } = params
  const some = Math.max(cores, 2)
  const shares = lockShared !== undefined
  return {
    ...params,
    nwriters_stress: nwriters_stress >= 0 ? nwriters_stress : shares ? some : 2 * some,
    nreaders_stress: !shares ? 0 : nreaders_stress >= 0 ? nreaders_stress : some,
  }
}
