/**
 * The machine of a race: two GPUs, second-order locks on, unless the race says otherwise; then its set-up.
 *
 * Context   CPU 0, alone.
 */
import type { Scenario } from '../define/race.ts'
import { start_kernel } from '../drivers/index.ts'

/** Boots it and sets the race up; its bodies share the words. Throws if it cannot. */
export function bootRace(race: Scenario, strategy: string, words: number): void {
  const { lockdep: _, ...boot } = race.boot ?? {}
  const ret = start_kernel({ driver: 'vgpu', parents: 2, secondOrder: true, seed: 1, ...boot, strategy })
  if (ret !== 0) throw new Error(`start_kernel answers ${ret}`)
  const ready = race.setup?.(words) ?? 0
  if (ready < 0) throw new Error(`the set-up of ${race.name} answers ${ready}`)
}
