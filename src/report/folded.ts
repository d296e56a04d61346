/**
 * Waits as folded stacks, for any viewer of flame graphs: `strategy;vendor;outermost;…;waits for LOCK;held in …  µs`, one line each.
 * Width is time waited, of all CPUs together.
 */
import type { StormWaits } from '../results/waits.ts'

const NS_PER_US = 1000

/** Frames are joined by `;`: it may stand in none. */
function frame(text: string): string {
  return text.replaceAll(';', ',').replaceAll(/\s+/g, ' ')
}

/** The innermost frame of a site: the function that took the lock. */
export function innermost(site: string): string {
  return site === '' ? 'nobody known' : (site.split(';').at(-1) ?? site)
}

/** All waits of all strategies. */
export function foldedStacks(all: readonly StormWaits[]): string {
  const lines = all.flatMap(({ strategy, vendor, cpus, sites }) =>
    sites.map(({ lock, owner, waiter, totalNs }) => {
      const root = [strategy, `vendor ${vendor}`, `${cpus} CPUs`].map(frame)
      const held = `held in ${innermost(owner)}`
      const stack = [...root, ...waiter.split(';'), `waits for ${frame(lock)}`, frame(held)]
      return `${stack.filter((one) => one !== '').join(';')} ${Math.round(totalNs / NS_PER_US)}\n`
    }),
  )
  return lines.join('')
}
