/**
 * A growth on a page.
 */
import type { GrowthRun } from '../../results/growth.ts'
import { growthTables } from '../growth_table.ts'
import { duration } from '../text.ts'
import { logarithmic, timeTick, type Chart, type Line } from './chart.ts'
import type { Part } from './document.ts'

const count = (n: number): string => n.toLocaleString('en')

function growthChart({ results }: GrowthRun): Chart {
  const lines = results.map(({ strategy, points }): Line => {
    return {
      name: strategy,
      points: points.map(({ devices, createNs }) => [devices, createNs.median]),
      band: points.map(({ devices, createNs }) => [devices, createNs.low, createNs.high]),
      tips: points.map(({ devices, createNs }) => `${count(devices)} devices: ${duration(createNs.median)}`),
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
          ({ children, ms }) => `${count(children)} devices: ${duration(ms.median * 1e6)}`,
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

/** Everything of a growth. */
export function growthParts(run: GrowthRun): Part[] {
  const charts = [growthChart(run), ...goneChart(run)].map((chart) => ({ chart }))
  return [...charts, ...growthTables(run)]
}
