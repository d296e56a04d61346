/**
 * The program of a storm's machine: what each CPU does in a round.
 *
 *   prepare, barrier, phase 0, barrier, phase 1, done. Only what lies between a phase's two stamps counts.
 *
 * An Oops ends the task of its CPU: what it held stays held. The CPU does no more operations in this round, but goes on
 * to the barriers, so that the others can finish if they do not hang behind it. Anything else that is thrown breaks the
 * machine, unless the strategy is known to corrupt memory under this plan (`fragile`).
 */
import { ktime_get_ns } from '#access'
import { trace_task_exit } from '#trace'
import { sleep_for } from '../../../drivers/cost.ts'
import { ENOMEM } from '../../../base/errno.ts'
import { Oops } from '../../../base/kernel_error.ts'
import { broughtNamed } from '../../../define/brought.ts'
import { barrier_wait } from '../../../sync/barrier.ts'
import { beat } from '../../../machine/cpu.ts'
import { note_damage, round_barrier } from '../../../machine/globals.ts'
import type { Program } from '../../../machine/program.ts'
import { area_init, my_histogram, note_oops, note_result, phase_ends, phase_starts } from './area.ts'
import { misbehave } from './fault.ts'
import { record } from '../../histogram.ts'
import { CREATE, PLUG, REMOVE, roundOperations, UNPLUG, type Operation } from './operations.ts'
import { races_init, races_reset, rendezvous } from './rendezvous.ts'
import { fragile } from './strategies.ts'
import { NO_COST, warmUpCosts } from './vendor.ts'
import type { VendorPlan } from '../../../results/storm.ts'
import type { MdevKernel, StormMachine } from './kernel.ts'
import { kernelNamed } from './kernels.ts'

/** Commands. Arguments of a round: its number, index of the vendor cost (−1: none), CPUs that take part, 1 if measured. */
export const OP_ROUND = 1
export const OP_CHECK = 2
/**
 * One round many times, with short vendor costs: its number, how often, CPUs that take part. Answers the CPU time of the whole process,
 * compilers included, for each of them but the first, milliseconds.
 */
export const OP_WARM_UP = 3

/** What a CPU remembers between commands. */
interface Cpu {
  readonly machine: StormMachine
  readonly kernel: MdevKernel
  readonly cpu: number
  /** By which share operations are to take longer: of a strategy that is slow on purpose. */
  readonly slow: number
  /** Operations of measured rounds so far. */
  done: number
  dead: boolean
}

/** What this worker was on the machines it has served, by machine and CPU, and what it is now. */
const known = new Map<string, Cpu>()
const now = { self: undefined as Cpu | undefined }

function runRound(self: Cpu, args: readonly number[]): void {
  const [round = 0, vendor = -1, count = 1, measured = 0] = args
  const mine = prepareRound(self, round, vendor, count)
  runPhases(self, mine, measured === 1)
}

/** CPU time of the process so far, milliseconds. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function warmUp(self: Cpu, args: readonly number[]): number {
  const [round = 0, times = 0, count = 1] = args
  const { machine, kernel, cpu } = self
  const costs = warmUpCosts(machine.plan.vendors)
  const mine = prepareRound(self, round, -1, count)
  let begun = cpuMs()
  for (let i = 0; i < times; i++) {
    if (cpu === 0) arm(kernel, costs[i % costs.length] ?? NO_COST, round)
    runPhases(self, mine, false)
    // The first waits for those that are still working their operations out.
    if (i === 0 && times > 1) begun = cpuMs()
  }
  return (cpuMs() - begun) / Math.max(1, times - 1)
}

/** Works the operations of a round out, and sets its vendor cost. Returns this CPU's operations by phase. */
function prepareRound(
  self: Cpu,
  round: number,
  vendor: number,
  count: number,
): readonly (readonly Operation[])[] {
  const { kernel, machine } = self
  const phases = roundOperations(machine.plan, round, count)
  const mine = phases.map((byCpu) => byCpu[self.cpu] as readonly Operation[])
  kernel.prepare(mine.flat())
  if (self.cpu === 0) arm(kernel, machine.plan.vendors[vendor] ?? NO_COST, round)
  return mine
}

/** What CPU 0 does before each round, while the others wait at the barrier or are on their way to it. */
function arm(kernel: MdevKernel, vendor: VendorPlan, round: number): void {
  kernel.arm(vendor, round)
  races_reset()
}

function runPhases(self: Cpu, mine: readonly (readonly Operation[])[], measured: boolean): void {
  self.dead = false
  let first = 0
  for (const [phase, ops] of mine.entries()) {
    barrier_wait(round_barrier())
    phase_starts(phase)
    if (!self.dead) runPhase(self, phase, ops, first, measured)
    phase_ends(phase)
    first += ops.length
  }
  // A task that has died of an Oops keeps what it held: that is known.
  if (!self.dead) trace_task_exit()
  beat(0, 0)
}

/**
 * Operations that do not come all at once: each CPU begins one in every so much time, and the CPUs one after the other. What is late
 * begins at once. The clock of a phase goes by its own beginning.
 */
function awaitTurn({ machine, cpu }: Cpu, first: number, i: number, count: number): void {
  const { staggerNs = 0 } = machine.plan
  const early = first + staggerNs * (i + cpu / count) - ktime_get_ns()
  if (early > 0) sleep_for(early)
}

/** What a kernel that breaks throws says nothing more. What a file's strategy throws does: main is to tell it. */
function breaks({ strategy, plan }: StormMachine): boolean {
  return fragile(strategy, plan) && broughtNamed('strategy', strategy) === undefined
}

function runPhase(
  self: Cpu,
  phase: number,
  ops: readonly Operation[],
  first: number,
  measured: boolean,
): void {
  const { fault, plan } = self.machine
  const begun = ktime_get_ns()
  for (let i = 0; i < ops.length; i++) {
    const op = ops[i] as Operation
    beat(op.kind, op.device < 0 ? op.parent : op.device)
    if (measured && self.done++ === fault?.op && fault.cpu === self.cpu) misbehave(fault.kind, self.kernel)
    if (measured && plan.staggerNs !== undefined) awaitTurn(self, begun, i, self.machine.cpus)
    try {
      note_result(phase, i, perform(self, op, first + i))
    } catch (error) {
      if (!(error instanceof Oops) && !breaks(self.machine)) throw error
      self.dead = true
      note_oops()
      note_damage()
      return
    }
  }
}

/** Runs one operation; records how long it took if it succeeded. */
function perform({ kernel, slow }: Cpu, op: Operation, index: number): number {
  if (op.kind === UNPLUG) return kernel.unregister(op.parent)
  if (op.kind === PLUG) return kernel.register(op.parent)
  if (op.race) rendezvous(op.device)
  const start = ktime_get_ns()
  const ret = op.kind === CREATE ? kernel.create(index) : kernel.remove(index)
  let took = ktime_get_ns() - start
  if (slow > 0) took = linger(start, took * (1 + slow))
  if (ret === 0) record(my_histogram(op.kind === CREATE ? 0 : 1), took)
  return ret
}

/** Keeps this CPU busy until `ns` after `start`. Returns how long it has been. */
function linger(start: number, ns: number): number {
  let took = 0
  do {
    took = ktime_get_ns() - start
  } while (took < ns)
  return took
}

function slowness({ plan, strategy }: StormMachine): number {
  return plan.slow?.find((one) => one.strategy === strategy)?.share ?? 0
}

export const program: Program = {
  operations: ['idle', 'create', 'remove', 'unregister', 'register'],
  boot(arg) {
    const machine = arg as StormMachine
    const ret = kernelNamed(machine.kernel).boot(machine)
    if (ret !== 0) return ret
    const devices = machine.plan.parents * machine.plan.devices
    return area_init(machine.capacity) && races_init(devices) ? 0 : -ENOMEM
  },
  attach(cpu, arg) {
    const machine = arg as StormMachine
    const kernel = kernelNamed(machine.kernel)
    kernel.attach(machine)
    const key = `${machine.id}/${cpu}`
    now.self = known.get(key) ?? { machine, kernel, cpu, slow: slowness(machine), done: 0, dead: false }
    known.set(key, now.self)
  },
  command(opcode, args) {
    const self = now.self as Cpu
    if (opcode === OP_CHECK) return self.kernel.check()
    if (opcode === OP_WARM_UP) return warmUp(self, args)
    runRound(self, args)
    return undefined
  },
  describeArg(op, arg) {
    return op === REMOVE || op === CREATE ? `of device ${arg}` : `of parent ${arg}`
  },
  describe: (address, kind) => kernelNamed('sysfs').describe(address, kind),
}
