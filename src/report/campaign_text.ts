/**
 * Campaigns: the units of a plan, what came of them, how far a queue is.
 */
import { counted } from '../base/plural.ts'
import type { CampaignStatus, Merged, MergedFinding, Plan, Unit, UnitResult } from '../results/campaign.ts'
import type { Case } from './cases.ts'
import type { Block } from './page.ts'
import { bad, good } from './style.ts'
import type { Table } from './table.ts'

/** A command line as it may be read; `campaign/words.ts` has the one for a shell. */
const line = (words: readonly string[]): string =>
  words.map((word) => (/[\s'"]/.test(word) ? `'${word}'` : word)).join(' ')

/** Seconds as people say them. */
export function span(seconds: number): string {
  if (seconds < 100) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`
  if (seconds < 6_000) return `${(seconds / 60).toFixed(0)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}

const MOST_LINES = 200

/** The units of a plan. */
export function planBlocks({ name, version, units }: Plan): Block[] {
  const shown = units.slice(0, MOST_LINES)
  const rows = shown.map(({ id, seconds, exclusive, expect, words }) => [
    id,
    span(seconds),
    exclusive ? 'alone' : '',
    String(expect),
    line(words),
  ])
  const table: Table = {
    head: ['unit', 'estimate', 'runs', 'exit', 'lockstorm …'],
    rows,
    left: 1,
    wrap: ['lockstorm …'],
    drop: ['exit', 'runs', 'estimate'],
  }
  const seconds = units.reduce((sum, unit) => sum + unit.seconds, 0)
  const rest = units.length - shown.length
  return [
    table,
    ...(rest === 0 ? [] : [`and ${rest} more, which --json has`]),
    '',
    `campaign ${name}: ${counted(units.length, 'unit')}, ${span(seconds)} in all, by version ${version}`,
  ]
}

function findingBlocks({ title, text, again, confirmed, units }: MergedFinding): Block[] {
  const isSo = confirmed === 'confirmed' ? good(confirmed) : confirmed
  return [
    '',
    `${bad('finding')}: ${title}`,
    `  seen by ${counted(units.length, 'unit')}; lockstorm ${line(again)}: ${isSo}`,
    ...(text === title ? [] : [{ ladder: text.split('\n') }]),
  ]
}

function entriesTable({ entries }: Merged): Table {
  return {
    head: ['lockstorm …', 'units', 'done', 'findings', 'time', 'in all'],
    rows: entries.map(({ entry, units, done, findings, tookS, counts, says }) => [
      entry,
      String(units),
      done === units ? String(done) : bad(String(done)),
      findings === 0 ? '0' : bad(String(findings)),
      span(tookS),
      [...Object.entries(counts).map(([what, n]) => `${n} ${what}`), ...says].join(', '),
    ]),
    left: 1,
    wrap: ['lockstorm …', 'in all'],
    drop: ['time'],
  }
}

/** What a campaign came to. */
export function mergedBlocks(merged: Merged): Block[] {
  const { name, units, done, tookS, workers, findings, missing, refused } = merged
  const wrong = merged.entries.reduce((sum, entry) => sum + entry.findings, 0)
  return [
    entriesTable(merged),
    ...findings.flatMap(findingBlocks),
    ...(missing.length + refused.length === 0 ? [] : ['']),
    ...missing
      .slice(0, MOST_LINES)
      .map(({ unit, why }) => `${bad('missing')}: ${unit.id} lockstorm ${line(unit.words)}: ${why}`),
    ...(missing.length > MOST_LINES ? [`and ${missing.length - MOST_LINES} more, which --json has`] : []),
    ...refused.slice(0, MOST_LINES).map((why) => `${bad('not counted')}: ${why}`),
    '',
    `campaign ${name}: ${done} of ${counted(units, 'unit')} done in ${span(tookS)} of work by ${counted(workers.length, 'worker')}; ` +
      `${wrong} not as expected, ${counted(findings.length, 'finding')} of different titles, ${missing.length} missing`,
  ]
}

/** Each unit as a case. */
export function unitCases(units: readonly Unit[], results: readonly UnitResult[]): Case[] {
  const by = new Map(results.map((result) => [result.unit.id, result]))
  return units.map(({ id, entry, words }) => {
    const result = by.get(id)
    const one = { suite: entry, name: line(words), seconds: result?.tookS ?? 0 }
    if (result === undefined) return { ...one, skipped: 'it has no result' }
    if (result.ok) return one
    const title = result.findings.map((finding) => finding.title).join('; ')
    const text = result.findings.map((finding) => finding.text).join('\n\n')
    return { ...one, failure: { title, text } }
  })
}

/** Each finding as a case that failed, and each line of the file as one that may have. */
export function mergedCases({ entries, findings, missing, name }: Merged): Case[] {
  const suite = `campaign ${name}`
  const lost = new Set(missing.map(({ unit }) => unit.entry))
  return [
    ...entries.map(({ entry, tookS }) => ({
      suite,
      name: entry,
      seconds: tookS,
      ...(lost.has(entry) && { skipped: 'units of it are missing' }),
    })),
    ...findings.map(({ title, text, again, confirmed }) => ({
      suite,
      name: title,
      failure: { title, text: `lockstorm ${line(again)}: ${confirmed}\n${text}` },
    })),
  ]
}

/** In one line. */
export function statusLine(now: CampaignStatus): string {
  const { name, units, done, active, findings, failed, perMinute, leftS } = now
  const pace = perMinute === null ? '' : `, ${perMinute.toFixed(perMinute < 10 ? 1 : 0)} a minute`
  const left = leftS === null || done >= units ? '' : `, ${span(leftS)} left`
  const wrong = failed.length === 0 ? '' : `, ${failed.length} failed`
  return `campaign ${name}: ${done} of ${units} done, ${active} at work${pace}${left}, ${counted(findings.length, 'finding')}${wrong}`
}

/** In full. */
export function statusBlocks(now: CampaignStatus): Block[] {
  const { waiting, delayed, findings, failed, workers } = now
  return [
    statusLine(now),
    `${waiting} waiting, ${delayed} to be tried again; by version ${now.version}`,
    { pairs: Object.entries(workers).map(([worker, n]) => [worker, counted(n, 'unit')] as const) },
    ...findings.map((title) => `${bad('finding')}: ${title}`),
    ...failed.slice(0, MOST_LINES).map(({ id, why }) => `${bad('failed')}: ${id.slice(0, 60)}: ${why}`),
  ]
}
