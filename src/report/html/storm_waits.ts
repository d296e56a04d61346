/**
 * Who waited for what in a storm of mdevs, as charts.
 */
import { counted } from '../../base/plural.ts'
import type { StormRun } from '../../results/storm.ts'
import { duration } from '../text.ts'
import { linear, timeTick, type Bars, type Chart } from './chart.ts'

const MOST_LOCKS = 7
const OTHERS = 'other locks'

interface Waiting {
  readonly strategy: string
  readonly locks: readonly { readonly lock: string; readonly ns: number; readonly tip: string }[]
}

/** Waits of strategies, stacked by lock. */
function waitsChart(
  title: string,
  label: string,
  all: readonly Waiting[],
  text: (value: number) => string,
): Bars {
  const totals = new Map<string, number>()
  for (const { lock, ns } of all.flatMap(({ locks }) => locks)) totals.set(lock, (totals.get(lock) ?? 0) + ns)
  const most = [...totals]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_LOCKS)
    .map(([lock]) => lock)
  const rows = all.map(({ strategy, locks }) => {
    const shown = locks.filter(({ lock, ns }) => most.includes(lock) && ns > 0)
    const rest = locks.filter(({ lock }) => !most.includes(lock)).reduce((sum, { ns }) => sum + ns, 0)
    const parts = most
      .flatMap((name) => shown.filter(({ lock }) => lock === name))
      .map(({ lock, ns, tip }) => ({ name: lock, value: ns, tip }))
    return {
      name: strategy,
      parts: rest > 0 ? [...parts, { name: OTHERS, value: rest, tip: text(rest) }] : parts,
    }
  })
  const sums = rows.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0))
  const hasRest = rows.some(({ parts }) => parts.some(({ name }) => name === OTHERS))
  return {
    kind: 'bars',
    title,
    x: linear(label, sums, text),
    parts: hasRest ? [...most, OTHERS] : most,
    rows,
  }
}

/** Who waited for what: of a pass that noted it, or of lock_stat. */
export function waitCharts({ waits = [], lockStat = [] }: StormRun): Chart[] {
  const cells = [...new Set(waits.map(({ vendor, cpus }) => `${vendor}\n${cpus}`))]
  const share = (value: number): string => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`
  const passes = cells.map((key) => {
    const [vendor = '', cpus = ''] = key.split('\n')
    const own = waits.filter((one) => one.vendor === vendor && String(one.cpus) === cpus)
    const all = own.map(({ strategy, locks }) => ({
      strategy,
      locks: locks.map((one) => ({
        lock: one.lock,
        ns: one.share,
        tip: `${share(one.share)}, ${counted(one.waits, 'wait')}`,
      })),
    }))
    const title = `Waiting by lock, vendor ${vendor}, ${counted(Number(cpus), 'CPU')}: share of the time of all CPUs, in the checked build`
    return waitsChart(title, "of all CPUs' time", all, share)
  })
  if (lockStat.length === 0) return passes
  const all = lockStat.map(({ machine, rows }) => ({
    strategy: machine,
    locks: rows.map(({ name, write, read }) => {
      const ns = write.wait.total + read.wait.total
      return { lock: name, ns, tip: `${duration(ns)}, ${counted(write.wait.nr + read.wait.nr, 'wait')}` }
    }),
  }))
  const title = 'Waiting by lock, of lock_stat: all CPUs and measured rounds together, in the checked build'
  return [...passes, waitsChart(title, 'waited', all, timeTick)]
}
