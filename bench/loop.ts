/**
 * The measured loop. It is the same text for every contender; what differs is the pair of functions it calls.
 */
import type { CallbackSection, Section } from './contender.ts'

/** Index of the counter that the section increments without atomicity: it proves the exclusion. */
export const COUNTER = 1500
/** Word that the work inside the section reads and writes. */
const SINK = 1520

/** A dependent chain of multiply-adds: work that takes the same time in every engine mode and cannot be removed. */
export function work(view: Int32Array, steps: number): void {
  let x = view[SINK] as number
  for (let i = 0; i < steps; i++) x = (Math.imul(x, 1_664_525) + 1_013_904_223) | 0
  view[SINK] = x
}

/** `ops` times: enter, count, work, leave. */
export function loop(section: Section, view: Int32Array, ops: number, steps: number): void {
  for (let i = 0; i < ops; i++) {
    section.enter()
    view[COUNTER] = (view[COUNTER] as number) + 1
    if (steps > 0) work(view, steps)
    section.leave()
  }
}

/** `ops` times: enter, leave, with nothing between them. */
export function bareLoop(section: Section, ops: number): void {
  for (let i = 0; i < ops; i++) {
    section.enter()
    section.leave()
  }
}

/** `ops` times: enter, work, leave, where several may be inside at once. */
export function workLoop(section: Section, view: Int32Array, ops: number, steps: number): void {
  for (let i = 0; i < ops; i++) {
    section.enter()
    work(view, steps)
    section.leave()
  }
}

/** Pairs for `ms` milliseconds. Returns their number and the longest wait to get in, nanoseconds. */
export function timedLoop(
  section: Section | CallbackSection,
  view: Int32Array,
  ms: number,
  steps: number,
): [ops: number, longestNs: number] {
  const end = performance.now() + ms
  let [ops, longest, before] = [0, 0, performance.now()]
  do {
    const after = 'enter' in section ? pass(section, view, steps) : around(section, steps)
    if (after - before > longest) longest = after - before
    ops++
    before = performance.now()
  } while (before < end)
  return [ops, Math.round(longest * 1e6)]
}

/** One pair. Returns when it got in. */
function pass(section: Section, view: Int32Array, steps: number): number {
  section.enter()
  const at = performance.now()
  view[COUNTER] = (view[COUNTER] as number) + 1
  if (steps > 0) work(view, steps)
  section.leave()
  return at
}

/** One pair of a section with a callback: when it got in is not known, so its end is returned. */
function around(section: CallbackSection, steps: number): number {
  section.around(1, steps)
  return performance.now()
}
