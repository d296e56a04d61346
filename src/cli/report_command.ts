/**
 * What stands behind `lockstorm report`.
 */
import { Buffer } from 'node:buffer'
import { basename } from 'node:path'
import { counted } from '../base/plural.ts'
import type { Section } from '../report/html/document.ts'
import { htmlPage } from '../report/html/html.ts'
import { markdownPage } from '../report/html/markdown.ts'
import { sectionOf } from '../report/html/sections.ts'
import { readResult } from '../results/io.ts'
import type { ReportFlags } from './commands/report.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** A page that is larger is no longer easily mailed. */
const LARGE = 300_000

/** The section of a file. @throws UsageError */
function sectionOfFile(file: string): Section {
  let result: { readonly schema: string }
  try {
    result = readResult(file)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
  let section: Section | undefined
  try {
    section = sectionOf(basename(file), result)
  } catch (error) {
    throw new UsageError(
      `${file} is ${result.schema}, but lacks what a page shows: ${(error as Error).message}`,
    )
  }
  if (section === undefined)
    throw new UsageError(`${file} is ${result.schema}, of which no page shows anything`)
  return section
}

/** Sections of the same title are told apart by their files. */
function toldApart(sections: readonly Section[]): readonly Section[] {
  const titles = sections.map(({ title }) => title)
  return sections.map((section) => {
    const { title, source } = section
    const alike = titles.filter((one) => one === title).length > 1
    return alike ? { ...section, title: `${title} (${source.file})` } : section
  })
}

/** Writes the page. Returns the exit code. @throws UsageError */
export async function reportCommand(
  session: Session,
  files: readonly string[],
  { output, format, title }: ReportFlags,
): Promise<number> {
  if (files.length === 0) throw new UsageError('report: name files of results; see lockstorm report --help')
  const document = { title, sections: toldApart(files.map(sectionOfFile)) }
  const text = format === 'md' ? markdownPage(document) : htmlPage(document)
  session.document(output, text)
  const bytes = Buffer.byteLength(text)
  const size = `${Math.ceil(bytes / 1000)} KB`
  if (output !== undefined && output !== '-') {
    session.print(`${output}: ${counted(files.length, 'section')}, ${size}`)
  }
  if (bytes > LARGE) session.complain(`the page is ${size}: fewer files make one that is easily mailed`)
  return 0
}
