/**
 * What detectors found, kept in the arena: the text that a kernel would print, and the same as data.
 *
 * Layout   each finding is its length in bytes, then its JSON as UTF-8, padded to a word.
 */
import { raw_attach, raw_bytes, raw_fetch_add, raw_load, raw_read, raw_store, raw_write } from '../mem/raw.ts'
import { debug_globals, debug_root, locked } from './store.ts'
import { decodeBytes, encodeText } from './texts.ts'

const AT = debug_globals.offset

/** One report. */
export interface Finding {
  readonly detector: 'lockdep' | 'lock_stat' | 'kasan' | 'kcsan' | 'hung_task'
  /** Title of the report: `possible circular locking dependency detected`. */
  readonly title: string
  /** CPU that made the report. */
  readonly cpu: number
  /** The whole report in the kernel's words. */
  readonly text: string
  /** The same as data: locks, stacks, chains; its shape depends on the title. */
  readonly data: Readonly<Record<string, unknown>>
}

/** Keeps a finding. False if there was no room; it is counted then. */
export function publish(finding: Finding): boolean {
  const bytes = encodeText(JSON.stringify(finding))
  const kept = locked((globals) => {
    const used = raw_read(globals + AT.finding_used)
    const next = used + 1 + ((bytes.length + 3) >> 2)
    if (next > raw_read(globals + AT.finding_words)) return false
    const at = raw_read(globals + AT.finding_pool) + used
    raw_write(at, bytes.length)
    raw_bytes().set(bytes, (at + 1) * 4)
    raw_write(globals + AT.finding_used, next)
    raw_store(globals + AT.findings, raw_read(globals + AT.findings) + 1)
    return true
  })
  if (kept === true) return true
  const globals = debug_root()
  if (globals !== 0) raw_fetch_add(globals + AT.findings_lost, 1)
  return false
}

/** All findings so far, in order. `view` is the arena if this thread is not attached to it. */
export function findings(view?: Int32Array): Finding[] {
  raw_attach(view)
  const globals = debug_root()
  if (globals === 0) return []
  const found: Finding[] = []
  let at = raw_read(globals + AT.finding_pool)
  for (let left = raw_load(globals + AT.findings); left > 0; left--) {
    const length = raw_read(at)
    found.push(JSON.parse(decodeBytes(at + 1, length)) as Finding)
    at += 1 + ((length + 3) >> 2)
  }
  return found
}

/** Findings that found no room. */
export function findingsLost(): number {
  const globals = debug_root()
  return globals === 0 ? 0 : raw_load(globals + AT.findings_lost)
}
