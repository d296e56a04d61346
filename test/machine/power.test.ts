import { afterEach, expect, test } from 'vitest'
import { ENODEV, ENOMEM } from '#lockstorm/base/index'
import { MachineFailure } from '#lockstorm/machine/failure'
import type { Machine } from '#lockstorm/machine/machine'
import { PlanTooBig, type MachinePlan } from '#lockstorm/machine/plan'
import { powerOn } from '#lockstorm/machine/power'
import { bodyModule } from '../setup/bodies.ts'

const ADD = 1
const THROW = 2
const SPIN = 3
const EXIT = 4
const CROSS = 5
const PATIENT = 6

const machines: Machine[] = []

async function on(options: Partial<MachinePlan> = {}): Promise<Machine> {
  const machine = await powerOn({
    name: 'test',
    cpus: 3,
    arenaBytes: 1 << 20,
    program: bodyModule('machine_program').href,
    arg: { ret: 0 },
    patience: { hangMs: 1_200 },
    ...options,
  })
  machines.push(machine)
  return machine
}

async function failureOf(running: Promise<unknown>): Promise<MachineFailure> {
  const failure = await running.catch((error: unknown) => error)
  if (!(failure instanceof MachineFailure)) throw new Error(`no MachineFailure but ${String(failure)}`)
  return failure
}

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.off()))
})

test('all CPUs run a command at the same time, and CPU 0 answers', async () => {
  const machine = await on()
  expect(await machine.command(ADD, [5])).toBe(15)
  expect(await machine.command(ADD, [1])).toBe(18)
})

test('a command can be for the first CPUs only', async () => {
  const machine = await on()
  expect(await machine.command(ADD, [1], { cpus: 2 })).toBe(2)
  expect(await machine.command(ADD, [1], { cpus: 1 })).toBe(3)
  expect(await machine.command(ADD, [1])).toBe(6)
})

test('two machines have nothing in common', async () => {
  const [a, b] = [await on(), await on()]
  const sums = await Promise.all([a.command(ADD, [1]), b.command(ADD, [10])])
  expect(sums).toEqual([3, 30])
})

test('a worker that throws ends the run: the report names the CPU, its operation, the lock it holds and who waits', async () => {
  const machine = await on()
  const failure = await failureOf(machine.command(THROW))
  expect(failure.kind).toBe('throw')
  expect(failure.cpu).toBe(1)
  expect(failure.report).toContain('thrown on purpose')
  expect(failure.report).toMatch(/CPU 1 \(worker thread \d+\): died in throw of thing 7/)
  expect(failure.report).toContain('holds mutex test_lock #0')
})

test('a worker that calls process.exit ends the run', async () => {
  const machine = await on()
  const failure = await failureOf(machine.command(EXIT))
  expect(failure.kind).toBe('exit')
  expect(failure.report).toContain('the worker of CPU 1 is gone')
})

test('a worker that spins for ever ends the run, and the report says who waits for its lock', async () => {
  const machine = await on()
  const failure = await failureOf(machine.command(SPIN))
  expect(failure.kind).toBe('hang')
  expect(failure.cpu).toBe(1)
  expect(failure.report).toMatch(/CPU 1 .*: spin of thing 7.*, running/)
  expect(failure.report).toContain('holds mutex test_lock #0')
  expect(failure.report).toContain('waits for mutex test_lock #0, held by CPU 1')
})

test('two workers that wait for each other are a deadlock', async () => {
  const machine = await on()
  const failure = await failureOf(machine.command(CROSS, [], { cpus: 2 }))
  expect(failure.kind).toBe('deadlock')
  expect(failure.report).toContain('waits for mutex test_lock #1, held by CPU 1')
  expect(failure.report).toContain('waits for mutex test_lock #0, held by CPU 0')
})

test('CPUs that wait while another one makes progress are left alone', async () => {
  const machine = await on()
  await machine.command(PATIENT, [2_000], { patience: { hangMs: 1_500 } })
  expect(await machine.command(ADD, [1])).toBe(3)
})

test('a command that exceeds its time ends the run', async () => {
  const machine = await on()
  const failure = await failureOf(
    machine.command(PATIENT, [5_000], { patience: { budgetMs: 300, hangMs: 9_000 } }),
  )
  expect(failure.kind).toBe('budget')
})

test('a machine that broke takes no further command and can be switched off twice', async () => {
  const machine = await on()
  const failure = await failureOf(machine.command(THROW))
  expect(await failureOf(machine.command(ADD, [1]))).toBe(failure)
  await machine.off()
  await machine.off()
})

test('a boot that answers -ENOMEM says that the plan is too big', async () => {
  await expect(on({ arg: { ret: -ENOMEM } })).rejects.toThrow(PlanTooBig)
})

test('a boot that fails otherwise says with what', async () => {
  const failure = await failureOf(on({ arg: { ret: -ENODEV } }))
  expect(failure.kind).toBe('boot')
  expect(failure.message).toContain('ENODEV')
})

test('a boot that throws ends the run', async () => {
  const failure = await failureOf(on({ arg: { ret: 0, fail: 'no kernel here' } }))
  expect(failure.report).toContain('no kernel here')
})

test('an arena that cannot be had says that the plan is too big', async () => {
  await expect(on({ arenaBytes: 2 ** 60 })).rejects.toThrow(PlanTooBig)
  await expect(on({ arenaBytes: 5_000 })).rejects.toThrow(PlanTooBig)
})
