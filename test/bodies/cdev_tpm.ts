/**
 * Bodies around a TPM that comes and goes. The last CPU serves interrupts and work, CPU 0 plugs and unplugs.
 */
import { cpu_relax, fetch_add, fetch_or, read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as } from '../../src/base/index.ts'
import {
  tpm_put_ops,
  tpm_try_get_ops,
  tpmrm_devt,
  vtpm_chip_of,
  vtpm_hw_answer,
} from '../../src/drivers/tpm/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot } from '../../src/mem/index.ts'

/** Words that the bodies share. */
export interface Shared {
  /** [stop, arrived, released, unregistered] */
  readonly words: number
  readonly slot: number
  readonly rounds: number
  readonly sleepers?: number
}

const COMMAND_WORD0 = 0x0000_0180
const COMMAND_WORD1 = 10 << 8

/** A buffer with a command that is a header only. */
export function commandBuffer(): number {
  const buf = alloc_boot(16)
  write(buf, COMMAND_WORD0)
  write(buf + 1, COMMAND_WORD1)
  return buf
}

function count(results: Record<number, number>, ret: number): void {
  const key = ret >= 0 ? 0 : -ret
  results[key] = (results[key] ?? 0) + 1
}

/** One life of an open file: commands until an error, then the file is closed. */
function use(results: Record<number, number>, buf: number, stop: number): void {
  const f = k.chrdev_open(tpmrm_devt(0), k.O_RDWR)
  count(results, f)
  if (f < 0) return
  for (let i = 0; i < 50 && READ_ONCE(stop) === 0; i++) {
    write(buf, COMMAND_WORD0)
    write(buf + 1, COMMAND_WORD1)
    const ret = k.sys_write(as(f), buf, 10)
    count(results, ret)
    if (ret < 0) break
    count(results, k.sys_read(as(f), buf, 64))
  }
  k.sys_close(as(f))
}

/** Everybody sends commands while CPU 0 unplugs and plugs. Returns the results by errno. */
export function storm(cpu: number, cpus: number, arg: Shared): Record<number, number> {
  const results: Record<number, number> = {}
  if (cpu === cpus - 1) k.serve(arg.words)
  else if (cpu === 0) {
    for (let i = 0; i < arg.rounds; i++) {
      count(results, k.pci_unplug(as(arg.slot)))
      count(results, k.pci_plug(as(arg.slot)))
      const ops = READ_ONCE(arg.words + 1)
      for (let spin = 0; spin < 100_000 && READ_ONCE(arg.words + 1) === ops; spin++) cpu_relax()
    }
    k.serve_stop(arg.words)
  } else {
    const buf = commandBuffer()
    while (READ_ONCE(arg.words) === 0) {
      use(results, buf, arg.words)
      fetch_add(arg.words + 1, 1)
    }
  }
  return results
}

/**
 * The others sleep, in a write whose response never comes or in a poll; when all of them have begun, CPU 0 unregisters.
 * Returns what the sleepers were told, and for CPU 0 how many sleepers had returned before its unregistration did.
 */
export function sleepers(cpu: number, cpus: number, arg: Shared): number {
  const { words } = arg
  if (cpu === cpus - 1) return k.serve(words)
  if (cpu === 0) {
    while (READ_ONCE(words + 1) < cpus - 2) cpu_relax()
    k.pci_unplug(as(arg.slot))
    fetch_or(words + 3, 1)
    while (READ_ONCE(words + 2) < cpus - 2) cpu_relax()
    k.serve_stop(words)
    return 0
  }
  const buf = commandBuffer()
  const f = as<'file'>(k.chrdev_open(tpmrm_devt(0), k.O_RDWR))
  fetch_add(words + 1, 1)
  const told = cpu % 2 === 1 ? k.sys_write(f, buf, 10) : k.sys_poll(f, k.POLLIN)
  fetch_add(words + 2, 1)
  k.sys_close(f)
  return told
}

/** CPU 1 holds operations for a while; CPU 0 unregisters meanwhile. Returns whether the fence waited for CPU 1. */
export function holder(cpu: number, _cpus: number, arg: Shared): boolean {
  const { words } = arg
  const pdev = k.pci_slot_dev(as(arg.slot))
  if (cpu === 1) {
    const chip = vtpm_chip_of(pdev)
    if (tpm_try_get_ops(chip) !== 0) return false
    WRITE_ONCE(words + 1, 1)
    for (let spin = 0; spin < 200_000; spin++) cpu_relax()
    WRITE_ONCE(words + 2, 1)
    tpm_put_ops(chip)
    return true
  }
  while (READ_ONCE(words + 1) === 0) cpu_relax()
  k.pci_unplug(as(arg.slot))
  return READ_ONCE(words + 2) === 1
}

/** CPU 0 answers what the card holds while CPU 1 waits in its write. */
export function answered(cpu: number, cpus: number, arg: Shared): number {
  if (cpu === cpus - 1) return k.serve(arg.words)
  if (cpu === 1) {
    const f = as<'file'>(k.chrdev_open(tpmrm_devt(0), k.O_RDWR))
    const ret = k.sys_write(f, commandBuffer(), 10)
    fetch_add(arg.words + 1, 1)
    k.sys_close(f)
    return ret
  }
  const hw = k.pci_slot_hw(as(arg.slot))
  while (READ_ONCE(arg.words + 1) === 0) {
    if (read(hw) !== 0) vtpm_hw_answer(hw)
  }
  k.serve_stop(arg.words)
  return 0
}
