/** A lock of the user's own, from the file that describes it. A variant is what `variantOf` says: the file, the name, and how it is taken. */
import { broughtNamed } from '../../src/define/brought.ts'
import { loadFile } from '../../src/define/load.ts'
import type { Lock } from '../../src/define/lock.ts'
import type { Contender } from '../contender.ts'

/** Which lock, and whether it is shared by those who take it. */
export interface OwnVariant {
  readonly url: string
  readonly name: string
  readonly way: 'alone' | 'shared' | 'one-writer'
}

/** The word that names it in a row. */
export const variantOf = (variant: OwnVariant): string => JSON.stringify(variant)

async function load(variant: string): Promise<[Lock, OwnVariant]> {
  const own = JSON.parse(variant) as OwnVariant
  await loadFile({ kind: 'lock', url: own.url })
  return [broughtNamed('lock', own.name) as Lock, own]
}

export const contender: Contender = {
  name: 'own',
  optional: true,
  unavailable: () => Promise.resolve(''),
  /** Memory of its own. */
  async share(variant) {
    const [{ words }] = await load(variant)
    return new Int32Array(new SharedArrayBuffer(4 * words))
  },
  async bind(_view, cpu, variant, shared) {
    const [lock, { way }] = await load(variant)
    const view = shared as Int32Array
    // No worker uses the lock before all are bound. Not on main, which a function of the user's could hold up for ever.
    if (cpu === 0) lock.init?.(view)
    const { lockShared, unlockShared } = lock
    const shares = way === 'shared' || (way === 'one-writer' && cpu > 0)
    if (shares && lockShared !== undefined && unlockShared !== undefined)
      return { enter: () => lockShared(view, cpu), leave: () => unlockShared(view, cpu) }
    return { enter: () => lock.lock(view, cpu), leave: () => lock.unlock(view, cpu) }
  },
}
