/**
 * What a worker of a crew does: bind one contender, then run rounds until told to quit.
 */
import type { Contender } from './contender.ts'
import { ACTIVE, ARRIVED, DONE, OPEN, OPS, QUIT, READY, SEQ, STEPS, TIMES, type CrewData } from './crew.ts'
import { bareLoop, loop } from './loop.ts'

function startTogether(control: Int32Array, active: number): void {
  if (Atomics.add(control, ARRIVED, 1) === active - 1) {
    Atomics.store(control, OPEN, 1)
    Atomics.notify(control, OPEN)
  } else {
    while (Atomics.load(control, OPEN) === 0) Atomics.wait(control, OPEN, 0)
  }
}

function report(control: Int32Array, word: number): void {
  Atomics.add(control, word, 1)
  Atomics.notify(control, word)
}

/** Serves the crew; returns when it is told to quit. */
export async function serveCrew({
  control: sab,
  memory,
  adapter,
  variant,
  cpu,
  excludes,
}: CrewData): Promise<void> {
  const control = new Int32Array(sab)
  const times = new BigInt64Array(sab)
  const view = new Int32Array(memory)
  const { contender } = (await import(`./adapters/${adapter}.js`)) as { contender: Contender }
  const section = await contender.bind(view, cpu, variant)
  report(control, READY)
  for (let seen = 0; ;) {
    Atomics.wait(control, SEQ, seen)
    seen = Atomics.load(control, SEQ)
    if (Atomics.load(control, QUIT) === 1) return
    const active = Atomics.load(control, ACTIVE)
    if (cpu >= active) continue
    const ops = Atomics.load(control, OPS)
    startTogether(control, active)
    times[TIMES + 2 * cpu] = process.hrtime.bigint()
    if (excludes) loop(section, view, ops, Atomics.load(control, STEPS))
    else bareLoop(section, ops)
    times[TIMES + 2 * cpu + 1] = process.hrtime.bigint()
    report(control, DONE)
  }
}
