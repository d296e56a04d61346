/**
 * What a run judged, as CI services show it: JUnit's XML, and annotations of GitHub Actions.
 */

import { stripVTControlCharacters } from 'node:util'

/** One thing that was judged. */
export interface Case {
  readonly suite: string
  readonly name: string
  readonly seconds?: number
  /** What is wrong; absent if nothing is. */
  readonly failure?: { readonly title: string; readonly text: string }
  /** Why it was not judged. */
  readonly skipped?: string
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
}

/** XML has no place for control characters, not even escaped. */
const sane = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/(?![\n\r\t])[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '')

const attribute = (text: string): string =>
  sane(text).replaceAll(/[&<>"\n]/g, (one) => ENTITIES[one] as string)
const content = (text: string): string => sane(text).replaceAll(/[&<>]/g, (one) => ENTITIES[one] as string)
const time = (seconds = 0): string => seconds.toFixed(3)

function caseXml({ suite, name, seconds, failure, skipped }: Case): string {
  const head = `    <testcase classname="${attribute(suite)}" name="${attribute(name)}" time="${time(seconds)}"`
  if (failure !== undefined) {
    const { title, text } = failure
    return `${head}>\n      <failure message="${attribute(title)}">${content(text)}</failure>\n    </testcase>`
  }
  if (skipped !== undefined) {
    return `${head}>\n      <skipped message="${attribute(skipped)}"/>\n    </testcase>`
  }
  return `${head}/>`
}

function counts(cases: readonly Case[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length
  const skipped = cases.filter((one) => one.skipped !== undefined && one.failure === undefined).length
  const seconds = cases.reduce((sum, one) => sum + (one.seconds ?? 0), 0)
  return `tests="${cases.length}" failures="${failures}" errors="0" skipped="${skipped}" time="${time(seconds)}"`
}

/** The cases as a file of JUnit's form: one suite for each `suite`. */
export function junitXml(cases: readonly Case[]): string {
  const suites = new Map<string, Case[]>()
  for (const one of cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one])
  const inner = [...suites].map(
    ([suite, some]) =>
      `  <testsuite name="${attribute(suite)}" ${counts(some)}>\n${some.map(caseXml).join('\n')}\n  </testsuite>\n`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="lockstorm" ${counts(cases)}>\n${inner.join('')}</testsuites>\n`
}

/** GitHub's escapes for what an annotation says, and for its properties. */
const data = (text: string): string =>
  sane(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** A line for each failure, which GitHub Actions shows above a change. */
export function annotations(cases: readonly Case[]): string[] {
  return cases.flatMap(({ failure, name }) => {
    if (failure === undefined) return []
    const { title, text } = failure
    return [`::error title=${property(title)}::${data(text === '' ? name : text)}`]
  })
}
