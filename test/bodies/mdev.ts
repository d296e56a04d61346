import { cpu_relax, fetch_add, fetch_sub, futex_wait, futex_wake, READ_ONCE, WRITE_ONCE } from '#access'
import { as, ENODEV } from '../../src/base/index.ts'
import { parent_plug, parent_unplug } from '../../src/drivers/index.ts'
import { sysfs_write } from '../../src/kernel/index.ts'
import { gateOf } from '../../src/mdev/gates/index.ts'
import { mdev_parent } from '../../src/mdev/index.ts'

/** Counts results by their value: 0 for success, else the errno. */
function count(results: Record<number, number>, ret: number): void {
  const key = ret >= 0 ? 0 : -ret
  results[key] = (results[key] ?? 0) + 1
}

/** Waits at the word until all CPUs have arrived `round` times. */
function meet(word: number, cpus: number, round: number): void {
  if (fetch_add(word, 1) + 1 === cpus * round) futex_wake(word, cpus)
  for (;;) {
    const arrived = READ_ONCE(word)
    if (arrived >= cpus * round) return
    futex_wait(word, arrived)
  }
}

interface SameUuid {
  /** `create` files, one per CPU; they may name the same file. */
  readonly paths: readonly string[]
  readonly uuids: readonly string[]
  readonly meeting: number
}

/** All CPUs create the same uuid at the same time, then one of them removes it; for each uuid in turn. */
export function createSameUuid(cpu: number, cpus: number, arg: SameUuid): Record<number, number> {
  const results: Record<number, number> = {}
  let round = 0
  for (const uuid of arg.uuids) {
    meet(arg.meeting, cpus, ++round)
    const ret = sysfs_write(`${arg.paths[cpu % arg.paths.length]}`, uuid)
    count(results, ret)
    meet(arg.meeting, cpus, ++round)
    if (ret > 0) sysfs_write(`/sys/bus/mdev/devices/${uuid}/remove`, '1')
    meet(arg.meeting, cpus, ++round)
  }
  return results
}

interface GateStorm {
  readonly gate: number
  /** Parents, one per cycle, and a line of words per cycle: closed, entered, inside. */
  readonly parents: number
  readonly words: number
  readonly cycles: number
  /** Entries of each CPU while the gate is being closed. */
  readonly entries: number
}

/** How long somebody inside gives a gate to close wrongly: it decides nothing, a sound gate just stays open. */
const GRACE_NS = 2_000_000

/** CPU 0 closes the gate of one parent after the other while the others pass it. Returns how often somebody was inside a closed gate. */
export function passGates(
  cpu: number,
  _cpus: number,
  arg: GateStorm,
): { violations: number; refused: number } {
  const gate = gateOf(arg.gate)
  const outcome = { violations: 0, refused: 0 }
  for (let cycle = 0; cycle < arg.cycles; cycle++) {
    const parent = as<'mdev_parent'>(arg.parents + cycle * mdev_parent.words)
    const closed = arg.words + cycle * 16
    if (cpu === 0) {
      while (READ_ONCE(closed + 1) < 20) cpu_relax()
      WRITE_ONCE(closed + 3, 1)
      gate.begin_unregister(parent)
      WRITE_ONCE(closed, 1)
      futex_wake(closed, 8)
      if (READ_ONCE(closed + 2) !== 0) outcome.violations++
      WRITE_ONCE(closed, 0)
      gate.end_unregister(parent)
      continue
    }
    // Newcomers of a refcount gate can keep it from closing for ever: a few entries each while it tries.
    for (let left = arg.entries; left > 0; left -= READ_ONCE(closed + 3)) {
      const cookie = gate.try_enter(parent)
      if (cookie < 0) {
        if (cookie !== -ENODEV) throw new Error(`the gate answered ${cookie}`)
        outcome.refused++
        break
      }
      fetch_add(closed + 2, 1)
      fetch_add(closed + 1, 1)
      // Once CPU 0 is about to close, give it every chance to do so under our feet.
      if (READ_ONCE(closed + 3) === 1) futex_wait(closed, 0, GRACE_NS)
      if (READ_ONCE(closed) === 1) outcome.violations++
      fetch_sub(closed + 2, 1)
      gate.exit(parent, cookie)
    }
  }
  return outcome
}

interface Churn {
  readonly prefix: string
  readonly devices: number
  readonly rounds: number
  readonly parents: number
}

/** Creates and removes own devices on all parents, over and over. */
export function churn(cpu: number, _cpus: number, arg: Churn): Record<number, number> {
  const results: Record<number, number> = {}
  for (let round = 0; round < arg.rounds; round++) {
    for (let i = 0; i < arg.devices; i++) {
      const uuid = `${arg.prefix}${(cpu * 1000 + i).toString(16).padStart(12, '0')}`
      const parent = (cpu + i) % arg.parents
      count(
        results,
        sysfs_write(`/sys/class/mdev_bus/gpu${parent}/mdev_supported_types/nvidia-35/create`, uuid),
      )
      count(results, sysfs_write(`/sys/bus/mdev/devices/${uuid}/remove`, '1'))
    }
  }
  return results
}

/** CPU 0 pulls parents and plugs them in again while the others churn. */
export function churnUnderHotplug(
  cpu: number,
  cpus: number,
  arg: Churn & { readonly done: number },
): Record<number, number> {
  if (cpu !== 0) {
    const results = churn(cpu, cpus, arg)
    fetch_add(arg.done, 1)
    return results
  }
  const results: Record<number, number> = {}
  for (let i = 0; READ_ONCE(arg.done) < cpus - 1; i++) {
    count(results, parent_unplug(i % arg.parents))
    count(results, parent_plug(i % arg.parents))
  }
  return results
}
