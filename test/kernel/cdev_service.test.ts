import { beforeEach, describe, expect, test } from 'vitest'
import { as, EBUSY, EINTR, EINVAL } from '#lockstorm/base/index'
import * as k from '#lockstorm/kernel/index'
import { runBodies } from '#lockstorm/machine/bodies'
import { NEVER } from '#lockstorm/sync/index'
import { bodyModule } from '../setup/bodies.ts'
import { bootChardev, log } from './cdev_fixture.ts'
import { zalloc } from './fixture.ts'

const module = bodyModule('cdev')
const bodies = (await import(module.href)) as typeof import('../bodies/cdev.ts')
const CPUS = 4

const func = k.work_funcs.define('service', () => {
  log.push('work')
})
const requeue = k.work_funcs.define('service.requeue', (work) => {
  log.push(k.queue_work(work) ? 'queued again' : 'refused')
})
const handler = k.irq_handlers.define('service', (irq, dev_id) => {
  log.push(`irq ${irq} for ${dev_id}`)
  return k.IRQ_HANDLED
})

describe('work', () => {
  beforeEach(() => {
    bootChardev()
  })

  test('that is queued while it is pending runs once; queued while it runs, once more', () => {
    const work = zalloc(k.work_struct)
    k.INIT_WORK(work, func, 'work')
    expect([k.queue_work(work), k.queue_work(work)]).toEqual([true, false])
    expect(k.serve_pending()).toBe(1)
    const again = zalloc(k.work_struct)
    k.INIT_WORK(again, requeue, 'again')
    k.queue_work(again)
    expect(k.process_one_work()).toBe(true)
    expect(k.work_pending(again)).toBe(true)
    expect(k.cancel_work_sync(again)).toBe(true)
    expect(log).toEqual(['work', 'queued again'])
  })

  test('with a delay runs when its time has come, and can be given a new time or be taken back', () => {
    const dw = zalloc(k.delayed_work)
    const hour = 3_600_000_000_000
    k.INIT_DELAYED_WORK(dw, func, 'delayed')
    expect([k.schedule_delayed_work(dw, hour), k.schedule_delayed_work(dw, 0)]).toEqual([true, false])
    expect(k.serve_pending()).toBe(0)
    expect(k.serve_pending(NEVER)).toBe(1)
    k.schedule_delayed_work(dw, hour)
    k.mod_delayed_work(dw, 0)
    expect(k.serve_pending()).toBe(1)
    k.schedule_delayed_work(dw, hour)
    expect([k.cancel_delayed_work_sync(dw), k.cancel_delayed_work(dw)]).toEqual([true, false])
    expect(k.serve_pending(NEVER)).toBe(0)
    expect(log).toEqual(['work', 'work'])
  })

  test('is never run twice at once, however many CPUs serve', async () => {
    const sab = bootChardev(CPUS)
    bodies.setup()
    const arg = { rounds: 300, servers: 2 }
    const all = await runBodies<{ runs: number; violations: number }>({
      sab,
      cpus: CPUS,
      module,
      body: 'workStorm',
      arg,
    })
    expect(all.map((one) => one.violations)).toEqual([0, 0, 0, 0])
    expect(all[0]?.runs).toBeGreaterThanOrEqual(arg.rounds)
  })

  test('that was cancelled with _sync neither runs nor will', async () => {
    const sab = bootChardev(2)
    bodies.setup()
    const arg = { rounds: 600, servers: 1 }
    const all = await runBodies<{ runs: number; violations: number }>({
      sab,
      cpus: 2,
      module,
      body: 'timerStorm',
      arg,
    })
    expect(all.map((one) => one.violations)).toEqual([0, 0])
    expect(all[0]?.runs).toBeGreaterThanOrEqual(arg.rounds / 3)
  })
})

describe('an interrupt', () => {
  beforeEach(() => {
    bootChardev()
  })

  test('reaches its handler when a CPU serves, once for raises in a row', () => {
    const irq = k.irq_alloc_desc()
    expect(k.request_irq(irq, handler, 5)).toBe(0)
    expect(k.request_irq(irq, handler, 6)).toBe(-EBUSY)
    expect(k.request_irq(0, handler, 6)).toBe(-EINVAL)
    k.raise_irq(irq)
    k.raise_irq(irq)
    expect(k.serve_pending()).toBe(1)
    expect(log).toEqual([`irq ${irq} for 5`])
    k.free_irq(irq)
    k.raise_irq(irq)
    k.serve_pending()
    expect(k.irq_counts()).toEqual({ handled: 1, lost: 0, spurious: 1 })
  })

  test('can be lost on demand', () => {
    const irq = k.irq_alloc_desc()
    k.request_irq(irq, handler, 0)
    k.irq_lose(irq, 2)
    for (let i = 0; i < 3; i++) {
      k.raise_irq(irq)
      k.serve_pending()
    }
    expect(k.irq_counts()).toEqual({ handled: 1, lost: 2, spurious: 0 })
  })

  test('that is freed under a flood of raises has no handler running afterwards, nor two at once', async () => {
    const sab = bootChardev(CPUS)
    bodies.setup()
    const arg = { rounds: 200, servers: 2, irq: k.irq_alloc_desc() }
    const all = await runBodies<{ runs: number; violations: number }>({
      sab,
      cpus: CPUS,
      module,
      body: 'irqStorm',
      arg,
    })
    expect(all.map((one) => one.violations)).toEqual([0, 0, 0, 0])
  })
})

describe('poll', () => {
  test('sleeps on several queues at once, misses no wake-up, and is ended by a signal', async () => {
    const sab = bootChardev(CPUS)
    bodies.setup()
    const files = Array.from({ length: CPUS }, () => bodies.openPolled())
    const arg = { rounds: 300, files }
    const [, ...answers] = await runBodies<number[]>({ sab, cpus: CPUS, module, body: 'pollStorm', arg })
    expect(answers).toEqual([
      [k.POLLIN, -EINTR],
      [k.POLLIN, -EINTR],
      [k.POLLIN, -EINTR],
    ])
  })

  test('answers 0 when its time is up', () => {
    bootChardev()
    bodies.setup()
    const f = bodies.openPolled()
    expect([k.sys_poll(f, k.POLLIN, 0), k.sys_poll(f, k.POLLIN, 1_000_000)]).toEqual([0, 0])
    expect(k.sys_poll(as(f), k.POLLOUT, 0)).toBe(0)
  })
})
