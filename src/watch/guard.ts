/**
 * The thread beside the program that looks for hangs and prints what was found, also while the program's main thread blocks.
 *
 * Invariant   a finding is printed once: whoever moves the word `printed` on prints what lies between.
 */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { publish } from '../debug/findings.ts'
import { HungTaskWatch } from '../debug/hung_task/watch.ts'
import { nameIn, seenFindings } from './look.ts'

const LOOK_MS = 100
const NS_PER_MS = 1e6
const STDERR = 2

/** Prints findings that nobody has printed. `printed`: address of that word. */
export function printNew(view: Int32Array, printed: number, suppress: readonly string[]): void {
  const found = seenFindings(view, suppress)
  const before = Atomics.load(view, printed)
  if (found.length <= before) return
  if (Atomics.compareExchange(view, printed, before, found.length) !== before) return
  for (const { text } of found.slice(before)) writeSync(STDERR, `${text}\n`)
}

/** Looks until the process ends. */
export async function guard(
  view: Int32Array,
  printed: number,
  suppress: readonly string[],
  hungMs: number,
): Promise<void> {
  const hung = new HungTaskWatch(view, {
    hungSeconds: hungMs / 1000,
    lockupSeconds: Infinity,
    nameOf: nameIn(view),
    warnings: 100,
  })
  // Of threads that wait in a circle it has been said that they wait.
  const told = new Set<number>()
  for (;;) {
    for (const { kind, cpus, text } of hung.check(performance.now() * NS_PER_MS)) {
      if (kind === 'hung task' && cpus.every((cpu) => told.has(cpu))) continue
      if (kind === 'deadlock') for (const cpu of cpus) told.add(cpu)
      publish({ detector: 'hung_task', title: kind, cpu: cpus[0] ?? 0, text, data: { cpus } })
    }
    printNew(view, printed, suppress)
    await pause(LOOK_MS)
  }
}
