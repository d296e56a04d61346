/**
 * Who made whom wait: a table per vendor cost and number of CPUs, with the locks that were waited for most, and sentences that name
 * what serialises.
 */
import type { LockWait, StormWaits, WaitSite } from '../results/waits.ts'
import { innermost } from './folded.ts'
import type { Block } from './page.ts'
import { median } from './style.ts'
import { duration } from './text.ts'

/** Locks of a strategy that are shown, and the least share of all waiting that one must have beside the first. */
const MOST_LOCKS = 3
const LEAST_PART = 0.05
/** From here on a lock is said to serialise. */
const CLEAR = 0.1

const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`

/** Everything. */
export function waitsTables(all: readonly StormWaits[]): Block[] {
  const groups = [...new Set(all.map(({ vendor, cpus }) => `${vendor} ${cpus}`))]
  return [
    ...groups.flatMap((group) => tableOf(all.filter(({ vendor, cpus }) => `${vendor} ${cpus}` === group))),
    { prose: answer(all) },
    {
      prose:
        'share: time waited over wall time × CPUs, in a pass of the checked build, in which everything takes longer; held in, ' +
        'wanted in: the functions that were in the way and in wait for most of it, and their part of the waiting for this lock.',
    },
  ]
}

function tableOf(group: readonly StormWaits[]): Block[] {
  const [first] = group
  if (first === undefined) return []
  const rows = group.flatMap((one) => {
    const shown = shownLocks(one)
    if (shown.length === 0) return [[one.strategy, 'none', '', '', '', '', '', '']]
    return shown.map((lock, i) => rowOf(i === 0 ? one.strategy : '', lock, one.sites))
  })
  const head = ['strategy', 'lock', 'waits', 'waited', 'longest', 'share', 'held in', 'wanted in']
  const what = `vendor ${first.vendor}, ${first.cpus} CPUs: who made whom wait, ${first.rounds} rounds of the checked build`
  return [what, { head, rows, wrap: ['held in', 'wanted in'], drop: ['longest', 'waits'] }, '']
}

function shownLocks({ locks }: StormWaits): LockWait[] {
  const all = locks.reduce((sum, { totalNs }) => sum + totalNs, 0)
  return locks.slice(0, MOST_LOCKS).filter(({ totalNs }, i) => i === 0 || totalNs >= LEAST_PART * all)
}

function rowOf(strategy: string, lock: LockWait, sites: readonly WaitSite[]): string[] {
  const mine = sites.filter((site) => site.lock === lock.lock)
  return [
    strategy,
    lock.lock,
    String(lock.waits),
    median(duration(lock.totalNs)),
    duration(lock.maxNs),
    percent(lock.share),
    mostly(mine, 'owner'),
    mostly(mine, 'waiter'),
  ]
}

/** The function that most of the time was spent by or for, with its part. */
function mostly(sites: readonly WaitSite[], side: 'owner' | 'waiter'): string {
  const times = new Map<string, number>()
  for (const site of sites) {
    const name = innermost(site[side])
    times.set(name, (times.get(name) ?? 0) + site.totalNs)
  }
  const all = [...times.values()].reduce((sum, ns) => sum + ns, 0)
  const [name, ns] = [...times].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0])
  return name === '' ? 'n/a' : `${name} ${percent(ns / all)}`
}

/** What serialises, by strategy; the vendor cost under which the most was waited. */
function answer(all: readonly StormWaits[]): string {
  const strategies = [...new Set(all.map(({ strategy }) => strategy))]
  const sentences = strategies.map((strategy) => {
    const cells = all.filter((one) => one.strategy === strategy && one.locks.length > 0)
    const [most] = cells.toSorted((a, b) => (b.locks[0]?.share ?? 0) - (a.locks[0]?.share ?? 0))
    const lock = most?.locks[0]
    if (most === undefined || lock === undefined || lock.share < CLEAR) {
      return `Under '${strategy}' no lock took a tenth of the CPUs' time.`
    }
    const owner = mostly(
      most.sites.filter((site) => site.lock === lock.lock),
      'owner',
    )
    return (
      `Under '${strategy}' the most was waited for ${lock.lock}: ${percent(lock.share)} of the CPUs' time with vendor ` +
      `${most.vendor}, held in ${owner}.`
    )
  })
  return sentences.join(' ')
}
