import { expect, test } from 'vitest'
import { findWaitCycle, HungTaskWatch, hungTaskReport, waitsForDead } from '#lockstorm/debug/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { attach, memory, write } from '#lockstorm/mem/access.fast'
import {
  alloc_boot,
  BLOCKED_MUTEX,
  createArena,
  task_of,
  task_struct,
  TASK_RUNNING,
} from '#lockstorm/mem/index'
import {
  init_rwsem,
  init_srcu_struct,
  mutex,
  mutex_init,
  mutex_lock,
  rw_semaphore,
  send_signal,
  srcu_struct,
} from '#lockstorm/sync/index'
import type { Addr } from '#lockstorm/base/addr'
import type { HangArg } from '../bodies/debug_hang.ts'
import { bodyModule } from '../setup/bodies.ts'

const module = bodyModule('debug_hang')
const MAIN = 2

function machine(rounds = 0): { sab: SharedArrayBuffer; view: Int32Array; arg: HangArg } {
  const sab = createArena(1 << 16, MAIN + 1)
  const arg = {
    a: alloc_boot(mutex.words) as Addr<'mutex'>,
    b: alloc_boot(mutex.words) as Addr<'mutex'>,
    sem: alloc_boot(rw_semaphore.words) as Addr<'rw_semaphore'>,
    srcu: alloc_boot(srcu_struct.words) as Addr<'srcu_struct'>,
    arrived: alloc_boot(1),
    rounds,
  }
  mutex_init(arg.a, 'a')
  mutex_init(arg.b, 'b')
  init_rwsem(arg.sem, 'sem')
  init_srcu_struct(arg.srcu, 'srcu')
  return { sab, view: memory(), arg }
}

async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await new Promise(setImmediate)
  }
}

const isDead = (cpu: number): boolean => cpu === 0
const nonEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length > 0 ? list : undefined)

test.for([
  ['abba', 'task cpu-1:2 is blocked on a mutex likely owned by task cpu-0:1.'],
  ['readerWriter', 'task cpu-1:2 <writer> blocked on an rw-semaphore likely owned by task cpu-0:1 <reader>'],
  ['gracePeriod', 'task cpu-1:2 waits for an SRCU grace period, kept by task cpu-0:1.'],
] as const)('the circle of %s is found while it hangs', async ([body, blocker]) => {
  const { sab, view, arg } = machine()
  const run = runBodies<number>({ sab, cpus: 2, module, body, arg })
  const cycle = await until(() => findWaitCycle(view))
  const watch = new HungTaskWatch(view)
  const found = await until(() => nonEmpty(watch.check(performance.now() * 1e6)))
  const hung = hungTaskReport(view, 1, 20)
  send_signal(0)
  send_signal(1)
  await run
  expect(cycle.map(({ task }) => task.cpu).toSorted((x, y) => x - y)).toEqual([0, 1])
  expect(found[0]?.kind).toBe('deadlock')
  expect(hung.split('\n')).toContain(`INFO: ${blocker}`)
  expect(found[0]?.text).toContain(' *** DEADLOCK ***')
  expect(found[0]?.text).toContain('Showing all locks held in the system:')
})

test('a circle has those in it that wait for each other, not who waits for one of them', () => {
  const { view, arg } = machine()
  for (const [cpu, held, wanted] of [
    [1, arg.a, arg.b],
    [2, arg.b, arg.a],
    [0, 0, arg.a],
  ] as const) {
    attach(view, cpu, task_of(cpu))
    if (held !== 0) mutex_lock(held)
    const task = task_of(cpu)
    write(task + task_struct.offset.state, TASK_RUNNING)
    write(task + task_struct.offset.blocked_kind, BLOCKED_MUTEX)
    write(task + task_struct.offset.blocked_on, wanted)
  }
  expect(
    findWaitCycle(view)
      ?.map(({ task }) => task.cpu)
      .toSorted((x, y) => x - y),
  ).toEqual([1, 2])
})

test('a report names the likely owner of what a task sleeps on', async () => {
  const { sab, view, arg } = machine()
  const run = runBodies<number>({ sab, cpus: 2, module, body: 'abba', arg })
  await until(() => findWaitCycle(view))
  const text = hungTaskReport(view, 0, 20)
  send_signal(0)
  await run
  expect(text.split('\n').slice(0, 3)).toEqual([
    'INFO: task cpu-0:1 blocked for more than 20 seconds.',
    '      Not tainted 0.1.0-lockstorm #1',
    '"echo 0 > /proc/sys/kernel/hung_task_timeout_secs" disables this message.',
  ])
  expect(text).toContain('INFO: task cpu-0:1 is blocked on a mutex likely owned by task cpu-1:2.')
})

test('an owner that is gone is named', async () => {
  const { sab, view, arg } = machine()
  const run = runBodies<number>({ sab, cpus: 2, module, body: 'abandoned', arg })
  await until(() => nonEmpty(waitsForDead(view, isDead)))
  const [finding] = new HungTaskWatch(view, { isDead }).check(0)
  send_signal(1)
  await run
  expect(finding?.kind).toBe('dead owner')
  expect(finding?.text).toContain('likely owned by task cpu-0:1, which has died.')
})

test('tasks that wait in one order never show as a circle', async () => {
  const { sab, view, arg } = machine(20_000)
  const ended = new AbortController()
  const run = runBodies<number>({ sab, cpus: 2, module, body: 'ordered', arg }).finally(() => {
    ended.abort()
  })
  const watch = new HungTaskWatch(view)
  const findings = []
  while (!ended.signal.aborted) {
    findings.push(...watch.check(performance.now() * 1e6))
    await new Promise(setImmediate)
  }
  await run
  expect(findings).toEqual([])
})

test('a sleeper is told once, when it has not moved for longer than allowed', () => {
  const { view, arg } = machine()
  const task = task_of(0)
  write(task + task_struct.offset.state, TASK_RUNNING)
  write(task + task_struct.offset.blocked_kind, BLOCKED_MUTEX)
  write(task + task_struct.offset.blocked_on, arg.a)
  const watch = new HungTaskWatch(view, { hungSeconds: 20 })
  expect(watch.check(0)).toEqual([])
  expect(watch.check(20e9)).toEqual([])
  expect(watch.check(21e9).map(({ kind }) => kind)).toEqual(['hung task'])
  expect(watch.check(60e9)).toEqual([])
  write(task + task_struct.offset.heartbeat, 1)
  expect(watch.check(61e9)).toEqual([])
  expect(watch.check(82e9)).toHaveLength(1)
})

test('a task that runs without a heartbeat is a soft lockup, one that has ended is not', () => {
  const { view } = machine()
  write(task_of(1) + task_struct.offset.state, TASK_RUNNING)
  const watch = new HungTaskWatch(view, { lockupSeconds: 20 })
  watch.check(0)
  const [finding, ...more] = watch.check(22e9)
  expect(more).toEqual([])
  expect(finding?.text).toContain('watchdog: BUG: soft lockup - CPU#1 stuck for 22s! [cpu-1:2]')
})

test('no more tasks are told than the limit allows', () => {
  const { view, arg } = machine()
  for (const cpu of [0, 1]) {
    write(task_struct.at.state(task_of(cpu)), TASK_RUNNING)
    write(task_struct.at.blocked_on(task_of(cpu)), arg.a)
    write(task_struct.at.blocked_kind(task_of(cpu)), BLOCKED_MUTEX)
  }
  const watch = new HungTaskWatch(view, { hungSeconds: 1, warnings: 1 })
  watch.check(0)
  expect(watch.check(2e9)).toHaveLength(1)
})
