/**
 * WARN_ONCE for the whole machine: one bit per text.
 */
import { raw_fetch_or, raw_read } from '../mem/raw.ts'
import { debug_globals, debug_root } from './store.ts'
import { textId } from './texts.ts'

/** True for the first caller with this text, on any CPU. True for all when the store has no room for the text. */
export function firstTime(text: string): boolean {
  const globals = debug_root()
  const id = textId(text)
  if (globals === 0 || id === 0) return true
  const bits = raw_read(globals + debug_globals.offset.once)
  return (raw_fetch_or(bits + (id >> 5), 1 << (id & 31)) & (1 << (id & 31))) === 0
}
