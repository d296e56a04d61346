/**
 * Bodies for interrupts, work, polls. CPU 0 plays the part that ends the run; the last CPUs serve.
 */
import {
  cpu_relax,
  fetch_add,
  fetch_sub,
  futex_wait,
  futex_wake,
  read,
  READ_ONCE,
  write,
  WRITE_ONCE,
} from '#access'
import { as } from '../../src/base/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot, rootAddr } from '../../src/mem/index.ts'
import { send_signal } from '../../src/sync/index.ts'

const ROOT = rootAddr('test')
/** What the bodies share. */
const STOP = 0
const CANCELLED = 1
const RUNS = 2
const VIOLATIONS = 3
const INSIDE = 4
const WORK = 16
const DELAYED = 32
const QUEUE = 64
const READY = 80
const MEETING = 96

function g(offset: number): number {
  return read(ROOT) + offset
}

const work_func = k.work_funcs.define('bodies.work', () => {
  if (fetch_add(g(INSIDE), 1) !== 0) fetch_add(g(VIOLATIONS), 1)
  if (READ_ONCE(g(CANCELLED)) === 1) fetch_add(g(VIOLATIONS), 1)
  fetch_add(g(RUNS), 1)
  for (let i = 0; i < 50; i++) cpu_relax()
  if (READ_ONCE(g(CANCELLED)) === 1) fetch_add(g(VIOLATIONS), 1)
  fetch_sub(g(INSIDE), 1)
})
const handler = k.irq_handlers.define('bodies.irq', () => {
  if (fetch_add(g(INSIDE), 1) !== 0) fetch_add(g(VIOLATIONS), 1)
  if (READ_ONCE(g(CANCELLED)) === 1) fetch_add(g(VIOLATIONS), 1)
  fetch_add(g(RUNS), 1)
  for (let i = 0; i < 50; i++) cpu_relax()
  fetch_sub(g(INSIDE), 1)
  return k.IRQ_HANDLED
})
const fops = k.file_operations.define('bodies.poll', {
  poll: (_file, table) => {
    k.poll_wait(as(g(QUEUE)), table)
    k.poll_wait(as(g(QUEUE) + k.poll_queue.words), table)
    return READ_ONCE(g(READY)) === 0 ? 0 : k.POLLIN
  },
})

/** Makes what the bodies share. */
export function setup(): number {
  write(ROOT, alloc_boot(128))
  k.INIT_WORK(as(g(WORK)), work_func, '(work_completion)(bodies)')
  k.INIT_DELAYED_WORK(as(g(DELAYED)), work_func, '(work_completion)(bodies delayed)')
  k.init_poll_queue(as(g(QUEUE)))
  k.init_poll_queue(as(g(QUEUE) + k.poll_queue.words))
  return g(0)
}

/** Opens a file whose poll the bodies define. */
export function openPolled(): k.CharFile {
  const cd = as<'cdev'>(alloc_boot(k.cdev.words))
  k.cdev_init(cd, fops)
  const devt = k.MKDEV(k.register_chrdev_region(), 0)
  k.cdev_add(cd, devt, 1)
  return as(k.chrdev_open(devt, k.O_RDWR))
}

interface Storm {
  readonly rounds: number
  readonly servers: number
}

/** CPU 0 cancels while the others queue; the last CPUs serve. Returns how often it was seen running when it must not. */
export function workStorm(cpu: number, cpus: number, arg: Storm): { runs: number; violations: number } {
  if (cpu >= cpus - arg.servers) k.serve(g(STOP))
  else if (cpu > 0) {
    while (READ_ONCE(g(STOP)) === 0) {
      k.queue_work(as(g(WORK)))
    }
  } else {
    for (let i = 0; i < arg.rounds; i++) {
      const before = READ_ONCE(g(RUNS))
      while (READ_ONCE(g(RUNS)) === before) cpu_relax()
      k.cancel_work_sync(as(g(WORK)))
    }
    k.serve_stop(g(STOP))
  }
  return { runs: READ_ONCE(g(RUNS)), violations: READ_ONCE(g(VIOLATIONS)) }
}

/** CPU 0 arms a delayed work and takes it back for good each time; a CPU that serves must never run it afterwards. */
export function timerStorm(cpu: number, cpus: number, arg: Storm): { runs: number; violations: number } {
  if (cpu >= cpus - arg.servers) k.serve(g(STOP))
  else if (cpu === 0) {
    for (let i = 0; i < arg.rounds; i++) {
      k.schedule_delayed_work(as(g(DELAYED)), (i % 4) * 20_000)
      if (i % 3 === 0) k.flush_delayed_work(as(g(DELAYED)))
      for (let spin = 0; spin < i % 200; spin++) cpu_relax()
      k.cancel_delayed_work_sync(as(g(DELAYED)))
      WRITE_ONCE(g(CANCELLED), 1)
      for (let spin = 0; spin < 100; spin++) cpu_relax()
      WRITE_ONCE(g(CANCELLED), 0)
    }
    k.serve_stop(g(STOP))
  }
  return { runs: READ_ONCE(g(RUNS)), violations: READ_ONCE(g(VIOLATIONS)) }
}

/** CPU 0 requests and frees an interrupt that the others raise. No handler runs after the free. */
export function irqStorm(cpu: number, cpus: number, arg: Storm & { irq: number }) {
  if (cpu >= cpus - arg.servers) k.serve(g(STOP))
  else if (cpu > 0) while (READ_ONCE(g(STOP)) === 0) k.raise_irq(arg.irq)
  else {
    for (let i = 0; i < arg.rounds; i++) {
      WRITE_ONCE(g(CANCELLED), 0)
      k.request_irq(arg.irq, handler, 0)
      const before = READ_ONCE(g(RUNS))
      while (READ_ONCE(g(RUNS)) === before) cpu_relax()
      k.free_irq(arg.irq)
      WRITE_ONCE(g(CANCELLED), 1)
    }
    k.serve_stop(g(STOP))
  }
  return { runs: READ_ONCE(g(RUNS)), violations: READ_ONCE(g(VIOLATIONS)) }
}

/** Waits until all CPUs have arrived `round` times. */
function meet(cpus: number, round: number): void {
  const word = g(MEETING)
  if (fetch_add(word, 1) + 1 === cpus * round) futex_wake(word, cpus)
  for (let seen = READ_ONCE(word); seen < cpus * round; seen = READ_ONCE(word)) futex_wait(word, seen)
}

/**
 * CPU 0 makes all the others' polls ready, many times over, through either of two queues; in the last round it signals
 * them instead. Returns the different answers of this CPU's polls, in order.
 */
export function pollStorm(cpu: number, cpus: number, arg: { rounds: number; files: number[] }): number[] {
  const seen: number[] = []
  let met = 0
  for (let i = 1; i <= arg.rounds; i++) {
    meet(cpus, ++met)
    if (cpu === 0 && i === arg.rounds) for (let other = 1; other < cpus; other++) send_signal(other)
    else if (cpu === 0) {
      WRITE_ONCE(g(READY), 1)
      k.wake_up_poll(as(g(QUEUE) + (i & 1) * k.poll_queue.words))
    } else {
      const mask = k.sys_poll(as(arg.files[cpu] as number), k.POLLIN)
      if (seen.at(-1) !== mask) seen.push(mask)
    }
    meet(cpus, ++met)
    if (cpu === 0) WRITE_ONCE(g(READY), 0)
    meet(cpus, ++met)
  }
  return seen
}
