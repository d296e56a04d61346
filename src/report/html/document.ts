/**
 * What a page consists of, before it is HTML or Markdown: sections of blocks, as commands print them, and of charts.
 */
import type { Environment } from '../../results/environment.ts'
import type { Block } from '../page.ts'
import type { Chart } from './chart.ts'

/** Where a section comes from. */
export interface Source {
  readonly file: string
  readonly schema: string
  readonly env?: Partial<Environment>
  /** Command line that made the file. */
  readonly command?: string
}

/** A ladder that can be stepped through. */
export interface Steps {
  readonly steps: string
  readonly ladder: readonly string[]
}

/** What need not be read by everybody: behind a line that opens it. */
export interface Folded {
  readonly folded: string
  readonly parts: readonly Part[]
}

export type Part = Block | { readonly chart: Chart } | Steps | Folded

/** One file, or one thing in it. */
export interface Section {
  readonly title: string
  readonly parts: readonly Part[]
  readonly source: Source
}

/** A page. */
export interface Document {
  readonly title: string
  readonly sections: readonly Section[]
}
