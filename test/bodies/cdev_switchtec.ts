/**
 * Bodies around a Switchtec card that comes and goes. The last CPU serves interrupts and work, CPU 0 plugs and unplugs.
 */
import { fetch_add, futex_wait, futex_wake, READ_ONCE, write } from '#access'
import { as } from '../../src/base/index.ts'
import * as s from '../../src/drivers/switchtec/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot } from '../../src/mem/index.ts'
import { send_signal } from '../../src/sync/index.ts'

/** Words that the bodies share, from `words` on. */
export const STOP = 0
export const ARRIVED = 1
export const LEFT = 2
export const LIVES = 3
/** The server goes on until every user has left: they wait for interrupts and timers. */
export const SERVE_STOP = 4

export interface Shared {
  readonly words: number
  readonly slot: number
  readonly rounds: number
  /** What ends the sleep: the card goes, it answers, or a signal comes. */
  readonly end?: 'unplug' | 'answer' | 'signal'
}

function count(word: number): void {
  fetch_add(word, 1)
  futex_wake(word, 1000)
}

/** Sleeps until the word has come to `least`. */
function await_count(word: number, least: number): void {
  for (let seen = READ_ONCE(word); seen < least; seen = READ_ONCE(word)) futex_wait(word, seen)
}

/** Answers every command, one after the other, until the word has come to `least`. */
function answer_until(word: number, least: number, hw: number): void {
  for (let seen = READ_ONCE(word); seen < least; seen = READ_ONCE(word)) {
    s.switchtec_hw_answer(hw)
    futex_wait(word, seen, 1_000_000)
  }
}

/** CPU 0 ends what the others sleep in: odd CPUs in read, even ones in poll. Returns what each was told. */
export function sleepers(cpu: number, cpus: number, arg: Shared): number {
  const { words, slot, end } = arg
  if (cpu === cpus - 1) return k.serve(words + SERVE_STOP)
  if (cpu > 0) return sleep_in_switchtec(cpu, words)
  await_count(words + ARRIVED, cpus - 2)
  if (end === 'unplug') k.pci_unplug(as(slot))
  if (end === 'signal') for (let other = 1; other < cpus - 1; other++) send_signal(other)
  if (end === 'answer') answer_until(words + LEFT, cpus - 2, k.pci_slot_hw(as(slot)))
  await_count(words + LEFT, cpus - 2)
  k.serve_stop(words + SERVE_STOP)
  return 0
}

function sleep_in_switchtec(cpu: number, words: number): number {
  const buf = alloc_boot(16)
  const f = as<'file'>(k.chrdev_open(s.switchtec_devt(0), k.O_RDWR))
  write(buf, cpu)
  k.sys_write(f, buf, 8)
  count(words + ARRIVED)
  const told = cpu % 2 === 1 ? k.sys_read(f, buf, 8) : k.sys_poll(f, k.POLLIN)
  k.sys_close(f)
  count(words + LEFT)
  return told
}

function note(results: Record<number, number>, ret: number): void {
  const key = ret >= 0 ? 0 : -ret
  results[key] = (results[key] ?? 0) + 1
}

/** One life of an open file: commands until an error. */
function live(results: Record<number, number>, buf: number, stop: number): void {
  const f = k.chrdev_open(s.switchtec_devt(0), k.O_RDWR)
  note(results, f)
  if (f < 0) return
  for (let i = 0; i < 20 && READ_ONCE(stop) === 0; i++) {
    const ret = k.sys_write(as(f), buf, 8)
    note(results, ret)
    const got = ret < 0 ? ret : k.sys_read(as(f), buf, 8)
    if (ret >= 0) note(results, got)
    if (got < 0) break
  }
  k.sys_close(as(f))
}

/** Everybody sends commands while CPU 0 unplugs and plugs. Returns the results by errno. */
export function storm(cpu: number, cpus: number, arg: Shared): Record<number, number> {
  const results: Record<number, number> = {}
  const { words, slot } = arg
  if (cpu === cpus - 1) k.serve(words + SERVE_STOP)
  else if (cpu > 0) {
    const buf = alloc_boot(16)
    while (READ_ONCE(words + STOP) === 0) {
      live(results, buf, words + STOP)
      count(words + LIVES)
    }
    count(words + LEFT)
  } else {
    for (let i = 0; i < arg.rounds; i++) {
      await_count(words + LIVES, READ_ONCE(words + LIVES) + 1)
      note(results, k.pci_unplug(as(slot)))
      note(results, k.pci_plug(as(slot)))
    }
    count(words + STOP)
    await_count(words + LEFT, cpus - 2)
    k.serve_stop(words + SERVE_STOP)
  }
  return results
}
