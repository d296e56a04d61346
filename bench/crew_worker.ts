/**
 * What a worker of a crew does: bind one contender, then run rounds until told to quit.
 */
import { now_ns } from '../src/mem/host.ts'
import { contenderOf, type CallbackSection, type Section } from './contender.ts'
import {
  ACTIVE,
  ARRIVED,
  ASLEEP,
  DONE,
  MODE,
  MODE_BLOCKED,
  MODE_TIMED,
  OPEN,
  OPS,
  QUIT,
  READY,
  SEQ,
  STEPS,
  TIMES,
  type CrewData,
} from './control.ts'
import { bareLoop, loop, timedLoop, workLoop } from './loop.ts'

function startTogether(control: Int32Array, active: number): void {
  if (Atomics.add(control, ARRIVED, 1) === active - 1) {
    Atomics.store(control, OPEN, 1)
    Atomics.notify(control, OPEN)
  } else {
    while (Atomics.load(control, OPEN) === 0) Atomics.wait(control, OPEN, 0)
  }
}

/** The same instant on every thread, of whatever runtime. */
const nowNs = (): bigint => BigInt(Math.round(now_ns()))

function report(control: Int32Array, word: number): void {
  Atomics.add(control, word, 1)
  Atomics.notify(control, word)
}

/** Worker 0 takes the section, lets the others come, and sleeps in it. */
function holdAsleep(section: Section, control: Int32Array, cpu: number, ms: number): void {
  const active = Atomics.load(control, ACTIVE)
  if (cpu === 0) section.enter()
  startTogether(control, active)
  if (cpu === 0) Atomics.wait(control, ASLEEP, 0, ms)
  else section.enter()
  section.leave()
}

function run(
  section: Section | CallbackSection,
  data: CrewData,
  control: Int32Array,
  view: Int32Array,
): void {
  const [mode, ops, steps] = [MODE, OPS, STEPS].map((word) => Atomics.load(control, word)) as [
    number,
    number,
    number,
  ]
  if (mode === MODE_BLOCKED) {
    holdAsleep(section as Section, control, data.cpu, ops)
    return
  }
  const times = new BigInt64Array(control.buffer)
  const mine = TIMES + 2 * data.cpu
  startTogether(control, Atomics.load(control, ACTIVE))
  if (mode === MODE_TIMED) {
    const [done, longestNs] = timedLoop(section, view, ops, steps)
    times[mine] = BigInt(done)
    times[mine + 1] = BigInt(longestNs)
    return
  }
  times[mine] = nowNs()
  if (!('enter' in section)) section.around(ops, steps)
  else if (data.excludes) loop(section, view, ops, steps)
  else if (steps > 0) workLoop(section, view, ops, steps)
  else bareLoop(section, ops)
  times[mine + 1] = nowNs()
}

/** Serves the crew; returns when it is told to quit. */
export async function serveCrew(data: CrewData): Promise<void> {
  const control = new Int32Array(data.control)
  const view = new Int32Array(data.memory)
  const contender = await contenderOf(data.adapter)
  const section = await contender.bind(view, data.cpu, data.variant, data.shared, data.workers)
  report(control, READY)
  for (let seen = 0; ;) {
    Atomics.wait(control, SEQ, seen)
    seen = Atomics.load(control, SEQ)
    // A turn of the event loop, in which a promise that was left rejected ends the thread.
    if (Atomics.load(control, QUIT) === 1) return new Promise((resolve) => setTimeout(resolve))
    if (data.cpu >= Atomics.load(control, ACTIVE)) continue
    run(section, data, control, view)
    report(control, DONE)
  }
}
