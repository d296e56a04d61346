/**
 * A growth on a page.
 */
import type { GrowthRun } from '../../results/growth.ts'
import type { Table } from '../table.ts'
import { digits, duration } from '../text.ts'
import { logarithmic, timeTick, type Chart, type Line } from './chart.ts'
import type { Part } from './document.ts'

const count = (n: number): string => n.toLocaleString('en')
const time = duration

function growthChart({ results }: GrowthRun): Chart {
  const lines = results.map(({ strategy, points }): Line => {
    return {
      name: strategy,
      points: points.map(({ devices, createNs }) => [devices, createNs.median]),
      band: points.map(({ devices, createNs }) => [devices, createNs.low, createNs.high]),
      tips: points.map(({ devices, createNs }) => `${count(devices)} devices: ${time(createNs.median)}`),
    }
  })
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x))
  const ys = lines.flatMap(({ band = [] }) => band.flatMap(([, low, high]) => [low, high]))
  const title = 'One create more, by devices that are there: median and its interval, one CPU, no vendor cost'
  return {
    kind: 'lines',
    title,
    x: logarithmic('devices', xs, count),
    y: logarithmic('time of a create', ys, timeTick),
    lines,
  }
}

function goneChart({ results }: GrowthRun): Chart[] {
  const lines = results
    .filter(({ unregistrations }) => unregistrations.length > 1)
    .map(({ strategy, unregistrations }): Line => {
      return {
        name: strategy,
        points: unregistrations.map(({ children, ms }) => [children, ms.median * 1e6]),
        band: unregistrations.map(({ children, ms }) => [children, ms.low * 1e6, ms.high * 1e6]),
        tips: unregistrations.map(
          ({ children, ms }) => `${count(children)} devices: ${time(ms.median * 1e6)}`,
        ),
      }
    })
  if (lines.length === 0) return []
  const all = lines.flatMap(({ points }) => points)
  const x = logarithmic(
    'devices of the parent',
    all.map(([at]) => at),
    count,
  )
  const y = logarithmic(
    'time to unregister it',
    all.map(([, ns]) => ns),
    timeTick,
  )
  return [{ kind: 'lines', title: 'A parent is unregistered with all of its devices', x, y, lines }]
}

function table({ results }: GrowthRun): Table {
  const rows = results.map(({ strategy, slope, ratio, usedBytes, invariants }) => [
    strategy,
    slope === null
      ? 'n/a'
      : `${slope.nsPerDevice.toFixed(2)} (${slope.low.toFixed(2)} to ${slope.high.toFixed(2)})`,
    ratio === null
      ? 'n/a'
      : `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
    `${digits(usedBytes / 2 ** 20)} MB`,
    invariants.broken.length === 0 ? `${invariants.checked} ok` : invariants.broken.join('; '),
  ])
  return {
    head: ['strategy', 'ns per device that is there', 'last point ÷ first', 'memory', 'invariants'],
    rows,
  }
}

/** Everything of a growth. */
export function growthParts(run: GrowthRun): Part[] {
  const charts = [growthChart(run), ...goneChart(run)].map((chart) => ({ chart }))
  return [...charts, table(run)]
}
