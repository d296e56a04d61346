/**
 * Charts as HTML: shapes are SVG that stretches with the page, texts are HTML that does not, so that both are legible on a telephone
 * and on a wall. No script; what stands at a point is its `title`.
 */
import { FLOOR } from '../../results/storm.ts'
import {
  colourOf,
  place,
  type Axis,
  type Bars,
  type Chart,
  type Dots,
  type Lines,
  type Spans,
} from './chart.ts'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** A text in HTML. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (char) => ESCAPES[char] as string)
}

/** Units of a drawing, in both directions. */
const SIZE = 1000
const unit = (share: number): string => String(Math.round(share * SIZE))
const percent = (share: number): string => `${(share * 100).toFixed(2).replace(/\.?0+$/, '')}%`

/** Class of a series: its colour, or none for the floor. */
const series = (name: string, i: number): string => (name === FLOOR ? 'floor' : `s${colourOf(name, i)}`)

/** Stretches with the page; strokes and dots keep their size. */
function svg(inner: string): string {
  return `<svg viewBox="0 0 ${SIZE} ${SIZE}" preserveAspectRatio="none" aria-hidden="true">${inner}</svg>`
}

/** Ticks that are too near to the one before are lines only. */
const NEAR = 0.07

function ticks(axis: Axis, side: 'x' | 'y'): string {
  let last = -1
  const near = side === 'x' ? NEAR * 1.5 : NEAR
  return axis.ticks
    .map(({ at, text }) => {
      const share = place(axis, at)
      if (share - last < near) return ''
      last = share
      const where = side === 'x' ? `left:${percent(share)}` : `bottom:${percent(share)}`
      return `<span class="t${side}" style="${where}">${escaped(text)}</span>`
    })
    .join('')
}

function grid(axis: Axis, side: 'x' | 'y'): string {
  const lines = axis.ticks.map(({ at }) => {
    const share = place(axis, at)
    return side === 'x' ? `M${unit(share)} 0V${SIZE}` : `M0 ${unit(1 - share)}H${SIZE}`
  })
  return `<path class="grid" d="${lines.join('')}"/>`
}

function legend(names: readonly string[], classes: readonly string[]): string {
  const items = names.map((name, i) => `<li class="${classes[i]}"><i></i>${escaped(name)}</li>`)
  return names.length < 2 ? '' : `<ul class="legend">${items.join('')}</ul>`
}

function figure(
  kind: string,
  title: string,
  key: string,
  body: string,
  height: string,
  label: string,
  up = '',
): string {
  const above = up === '' ? '' : `<p class="axis up">${escaped(up)}</p>`
  return (
    `<figure class="chart ${kind}"><figcaption>${escaped(title)}</figcaption>${key}${above}` +
    `<div class="plot" style="height:${height}" role="img" aria-label="${escaped(title)}">${body}</div>` +
    `<p class="axis">${escaped(label)}</p></figure>`
  )
}

function lines({ title, x, y, lines: all }: Lines): string {
  const at = (px: number, py: number): string => `${unit(place(x, px))} ${unit(1 - place(y, py))}`
  const shapes = all.map(({ name, points, band = [], tips = [] }, i) => {
    const cls = series(name, i)
    const there = band.map(([px, , high]) => at(px, high))
    const back = band.toReversed().map(([px, low]) => at(px, low))
    const area = band.length === 0 ? '' : `<path class="band" d="M${[...there, ...back].join('L')}Z"/>`
    const path = `<path class="line" d="M${points.map(([px, py]) => at(px, py)).join('L')}"/>`
    const dots = tips.map((tip, k) => {
      const [px = 0, py = 0] = points[k] ?? []
      return `<path class="dot" d="M${at(px, py)}h0"><title>${escaped(`${name}: ${tip}`)}</title></path>`
    })
    return `<g class="${cls}">${area}${path}${dots.join('')}</g>`
  })
  const key = legend(
    all.map(({ name }) => name),
    all.map(({ name }, i) => series(name, i)),
  )
  const body = svg(grid(x, 'x') + grid(y, 'y') + shapes.join('')) + ticks(x, 'x') + ticks(y, 'y')
  return figure('lines', title, key, body, '19rem', `${x.label} →`, `↑ ${y.label}`)
}

/** Height of a row of a chart of rows, in rem. */
const ROW = 1.7

function rowNames(rows: readonly { readonly name: string; readonly mark?: string }[]): string {
  return rows
    .map(({ name, mark }, i) => {
      const text = mark === undefined ? name : `${name} (${mark})`
      return `<span class="ty row" style="bottom:${percent(1 - (i + 0.5) / rows.length)}">${escaped(text)}</span>`
    })
    .join('')
}

function dots({ title, x, rows }: Dots): string {
  const shapes = rows.map(({ name, at, low, high, tip }, i) => {
    const y = unit((i + 0.5) / rows.length)
    const [from, to, middle] = [low, high, at].map((value) => unit(place(x, value)))
    const range = `<path class="line" d="M${from} ${y}H${to}"/><path class="dot" d="M${middle} ${y}h0"/>`
    return `<g class="${series(name, i)}"><title>${escaped(`${name}: ${tip}`)}</title>${range}</g>`
  })
  const body = svg(grid(x, 'x') + shapes.join('')) + ticks(x, 'x') + rowNames(rows)
  return figure('rows', title, '', body, `${rows.length * ROW}rem`, `${x.label} →`)
}

function bars({ title, x, parts: names, rows }: Bars): string {
  const shapes = rows.flatMap(({ name, parts }, i) => {
    let from = 0
    const top = (i + 0.18) / rows.length
    return parts.map((part) => {
      const [left, right] = [place(x, from), place(x, from + part.value)]
      from += part.value
      const box = `M${unit(left)} ${unit(top)}H${unit(right)}v${unit(0.64 / rows.length)}H${unit(left)}Z`
      const tip = escaped(`${name}, ${part.name}: ${part.tip}`)
      return `<path class="box k${names.indexOf(part.name) % 8}" d="${box}"><title>${tip}</title></path>`
    })
  })
  const key = legend(
    names,
    names.map((_, i) => `box k${i % 8}`),
  )
  const body = svg(grid(x, 'x') + shapes.join('')) + ticks(x, 'x') + rowNames(rows)
  return figure('rows', title, key, body, `${rows.length * ROW}rem`, `${x.label} →`)
}

/** A lane's spans of one kind as one path, so that thousands of them stay small; the longest have a title of their own. */
function laneShapes(chart: Spans, i: number): string {
  const { x, lanes, kinds } = chart
  const lane = lanes[i] as Spans['lanes'][number]
  return kinds
    .map((_, kind) => {
      const own = lane.spans.filter((span) => span.kind === kind)
      const isThin = kind > 0
      const top = (i + (isThin ? 0.55 : 0.12)) / lanes.length
      const height = unit((isThin ? 0.33 : 0.4) / lanes.length)
      const box = ({ from, to }: (typeof own)[number]): string => {
        const [left, right] = [unit(place(x, from)), unit(Math.max(place(x, to), place(x, from) + 0.001))]
        return `M${left} ${unit(top)}H${right}v${height}H${left}Z`
      }
      const boxes = own.map((span) => `<path d="${box(span)}"><title>${escaped(span.tip)}</title></path>`)
      return `<g class="box e${kind}">${boxes.join('')}</g>`
    })
    .join('')
}

function spans(chart: Spans): string {
  const { title, x, kinds, lanes } = chart
  const key = legend(
    kinds,
    kinds.map((_, i) => `box e${i}`),
  )
  const shapes = lanes.map((_, i) => laneShapes(chart, i)).join('')
  const body = svg(grid(x, 'x') + shapes) + ticks(x, 'x') + rowNames(lanes)
  return figure('rows', title, key, body, `${lanes.length * 2}rem`, `${x.label} →`)
}

/** A chart as HTML. */
export function drawn(chart: Chart): string {
  if (chart.kind === 'lines') return lines(chart)
  if (chart.kind === 'dots') return dots(chart)
  return chart.kind === 'bars' ? bars(chart) : spans(chart)
}
