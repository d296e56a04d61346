/**
 * Bodies around a gadget that comes and goes. The last CPU serves interrupts and work, CPU 0 plugs and unplugs.
 */
import { cpu_relax, fetch_add, futex_wait, futex_wake, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, ETIME } from '../../src/base/index.ts'
import * as g from '../../src/fences/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot } from '../../src/mem/index.ts'
import { clear_signal } from '../../src/sync/index.ts'

/** Words that the bodies share, from `words` on. */
export const STOP = 0
export const ARRIVED = 1
export const LEFT = 2
export const UNPLUGGED = 3
export const LIVES = 4

export interface Shared {
  readonly words: number
  readonly slot: number
  readonly rounds: number
  readonly strong: boolean
}

/** Counts up and wakes who waits for it. */
function count(word: number): void {
  fetch_add(word, 1)
  futex_wake(word, 1000)
}

/** Sleeps until the word has come to `least`. */
function await_count(word: number, least: number): void {
  for (let seen = READ_ONCE(word); seen < least; seen = READ_ONCE(word)) futex_wait(word, seen)
}

function note(results: Record<number, number>, ret: number): void {
  const key = ret >= 0 ? 0 : -ret
  results[key] = (results[key] ?? 0) + 1
}

/** One life of a process: it opens the gadget, uses it until an error, and closes it. */
function live(results: Record<number, number>, buf: number, stop: number): void {
  clear_signal()
  const f = k.chrdev_open(g.gadget_newest_devt(), k.O_RDWR)
  note(results, f)
  if (f < 0) return
  for (let i = 0; i < 40 && READ_ONCE(stop) === 0; i++) {
    write(buf, g.GO_EVENT)
    const ret = i % 2 === 0 ? k.sys_read(as(f), buf, g.GADGET_READ_SIZE) : k.sys_write(as(f), buf, 4)
    note(results, ret)
    if (ret < 0) break
  }
  k.sys_close(as(f))
}

/** Everybody uses the gadget while CPU 0 unplugs and plugs. Returns the results by errno. */
export function storm(cpu: number, cpus: number, arg: Shared): Record<number, number> {
  const results: Record<number, number> = {}
  const { words, slot } = arg
  if (cpu === cpus - 1) k.serve(words + STOP)
  else if (cpu > 0) {
    const buf = alloc_boot(16)
    while (READ_ONCE(words + STOP) === 0) {
      live(results, buf, words + STOP)
      count(words + LIVES)
    }
  } else {
    for (let i = 0; i < arg.rounds; i++) {
      await_count(words + LIVES, READ_ONCE(words + LIVES) + 1)
      note(results, k.pci_unplug(as(slot)))
      note(results, k.pci_plug(as(slot)))
    }
    k.serve_stop(words + STOP)
  }
  return results
}

/**
 * CPU 1 is inside an operation; CPU 0 unplugs meanwhile. Under a strong fence CPU 1 leaves after a while, otherwise only when
 * the card is unplugged, and then touches it. Returns for CPU 0 whether CPU 1 had left when the unplug returned.
 */
export function inside(cpu: number, _cpus: number, arg: Shared): boolean {
  const { words } = arg
  if (cpu === 0) {
    await_count(words + ARRIVED, 1)
    k.pci_unplug(as(arg.slot))
    const left = READ_ONCE(words + LEFT) === 1
    count(words + UNPLUGGED)
    return left
  }
  const gadget = g.gadget_of_pdev(k.pci_slot_dev(as(arg.slot)))
  const f = as<'file'>(k.chrdev_open(g.gadget_devt(gadget), k.O_RDWR))
  const file = g.gadget_fence_file(f)
  const token = g.fence_enter(file)
  count(words + ARRIVED)
  if (arg.strong) for (let i = 0; i < 100_000; i++) cpu_relax()
  else await_count(words + UNPLUGGED, 1)
  k.ioread32(g.gadget_mmio(gadget), g.EVENTS)
  WRITE_ONCE(words + LEFT, 1)
  g.fence_leave(file, token)
  k.sys_close(f)
  return token >= 0
}

/** What a sleeper was told, and whether the unplug had returned by then. */
export interface Told {
  readonly result: number
  readonly unplugged: boolean
}

export interface Sleep extends Shared {
  /** Longest sleep, and whether to sleep again after it. */
  readonly timeoutUs: number
  readonly again: boolean
  /** Poll says that the device is gone. */
  readonly tells: boolean
}

/** The others sleep, in an ioctl or in poll; when all have begun, CPU 0 unplugs. Returns what each was told. */
export function sleepers(cpu: number, cpus: number, arg: Sleep): Told {
  const { words } = arg
  if (cpu === cpus - 1) k.serve(words + STOP)
  else if (cpu > 0) return sleep_in_gadget(cpu, arg)
  else {
    await_count(words + ARRIVED, cpus - 2)
    k.pci_unplug(as(arg.slot))
    count(words + UNPLUGGED)
    await_count(words + LEFT, cpus - 2)
    k.serve_stop(words + STOP)
  }
  return { result: 0, unplugged: true }
}

function sleep_in_gadget(cpu: number, { words, slot, timeoutUs, again, tells }: Sleep): Told {
  const gadget = g.gadget_of_pdev(k.pci_slot_dev(as(slot)))
  const f = as<'file'>(k.chrdev_open(g.gadget_devt(gadget), k.O_RDWR))
  count(words + ARRIVED)
  const sleep = (): number =>
    cpu % 2 === 1
      ? k.sys_ioctl(f, g.GADGET_WAIT_ALARM, timeoutUs)
      : k.sys_poll(f, k.POLLPRI, timeoutUs * 1000)
  let result = sleep()
  // A poll that is never told sleeps once.
  const repeats = again && (cpu % 2 === 1 || tells)
  if (repeats) while (result === 0 || result === -ETIME) result = sleep()
  const unplugged = READ_ONCE(words + UNPLUGGED) === 1
  k.sys_close(f)
  count(words + LEFT)
  return { result, unplugged }
}

/** CPU 0 writes events, one after the other; CPU 1 waits for each of them. Returns how many it has seen. */
export function events(cpu: number, cpus: number, arg: Shared): number {
  const { words } = arg
  if (cpu === cpus - 1) return k.serve(words + STOP)
  const f = as<'file'>(k.chrdev_open(g.gadget_newest_devt(), k.O_RDWR))
  const buf = alloc_boot(16)
  for (let i = 1; i <= arg.rounds; i++) {
    if (cpu === 1) {
      const ret = k.sys_ioctl(f, g.GADGET_WAIT_EVENT, 60_000_000)
      if (ret !== 0) return ret
      count(words + ARRIVED)
    } else {
      write(buf, g.GO_EVENT)
      k.sys_write(f, buf, 4)
      await_count(words + ARRIVED, i)
    }
  }
  k.sys_close(f)
  if (cpu === 0) k.serve_stop(words + STOP)
  return read(words + ARRIVED)
}
