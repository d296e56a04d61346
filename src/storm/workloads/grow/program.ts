/**
 * The program of a machine that grows: the rounds of a storm for bursts, and what CPU 0 does alone between them.
 *
 * Rules   devices are numbered; device i is on parent i % parents. The numbers of probes lie above those of devices that stay.
 */
import { ktime_get_ns } from '#access'
import { errname } from '../../../base/errno.ts'
import { beat } from '../../../machine/cpu.ts'
import type { Program } from '../../../machine/program.ts'
import { CREATE, REMOVE, type Operation } from '../mdev/operations.ts'
import { program as storm } from '../mdev/program.ts'
import { sysfs } from '../mdev/sysfs.ts'
import { vendorPlan } from '../mdev/vendor.ts'

/** Creates devices: number of the first, one beyond the last, parents to spread them over. */
export const OP_FILL = 101
/** Creates and removes so many devices, each once: number of the first, how many, parents. Answers the times, nanoseconds. */
export const OP_PROBE = 102
/** Unregisters a parent and plugs it again. Answers how long the first took, nanoseconds. */
export const OP_UNREGISTER = 103

/** Operations that are prepared at once. */
const CHUNK = 500
/** In the heartbeat: after the storm's own operations. */
const UNREGISTER = 3

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0')
}

/** Unlike any other's: a multiplication by an odd number is one to one. */
function uuidOf(n: number): string {
  const [a, b, c] = [Math.imul(n + 1, 0x9e37_79b1), Math.imul(n + 1, 0x85eb_ca6b), n]
  return `${hex(a)}${hex(b)}5eed5eed${hex(c)}`.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function operation(kind: typeof CREATE | typeof REMOVE, n: number, parents: number): Operation {
  const uuid = uuidOf(n)
  return { kind, parent: n % parents, type: 0, device: n, uuid, duplicate: false, race: false }
}

function must(what: string, ret: number): void {
  if (ret < 0) throw new Error(`${what}: ${errname(-ret)}`)
}

function fill([from = 0, to = 0, parents = 1]: readonly number[]): void {
  for (let first = from; first < to; first += CHUNK) {
    const count = Math.min(CHUNK, to - first)
    sysfs.prepare(Array.from({ length: count }, (_, i) => operation(CREATE, first + i, parents)))
    for (let i = 0; i < count; i++) {
      beat(CREATE, first + i)
      must(`create of device ${first + i}`, sysfs.create(i))
    }
  }
}

function timed(work: () => number): number {
  const start = ktime_get_ns()
  must('probe', work())
  return ktime_get_ns() - start
}

function probe([first = 0, count = 0, parents = 1]: readonly number[]): readonly [number[], number[]] {
  const numbers = Array.from({ length: count }, (_, i) => first + i)
  sysfs.prepare([
    ...numbers.map((n) => operation(CREATE, n, parents)),
    ...numbers.map((n) => operation(REMOVE, n, parents)),
  ])
  const times: [number[], number[]] = [[], []]
  for (const i of numbers.keys()) {
    beat(CREATE, first + i)
    times[0].push(timed(() => sysfs.create(i)))
    times[1].push(timed(() => sysfs.remove(count + i)))
  }
  return times
}

function unregister([parent = 0]: readonly number[]): number {
  beat(UNREGISTER, parent)
  const ns = timed(() => sysfs.unregister(parent))
  must(`plugging parent ${parent} again`, sysfs.register(parent))
  return ns
}

export const program: Program = {
  ...storm,
  command(opcode, args, cpu) {
    // Rounds have left their vendor cost, and a gauge that is full.
    if (opcode >= OP_FILL) sysfs.arm(vendorPlan('none'), 0)
    if (opcode === OP_FILL) return fill(args)
    if (opcode === OP_PROBE) return probe(args)
    if (opcode === OP_UNREGISTER) return unregister(args)
    return storm.command(opcode, args, cpu)
  },
}
