/**
 * WARN, BUG and Oops. An Oops ends the task where it stands: nothing is unlocked and nothing is put, as in the kernel,
 * so the others may well hang behind it.
 *
 * Context  any; a cold path.
 * Source   arch/x86/mm/fault.c, kernel/panic.c (formats)
 */
import { write } from '#access'
import { Oops } from '../base/kernel_error.ts'
import { NULL, type Addr } from '../base/addr.ts'
import { current, TASK_DEAD, task_struct } from '../mem/index.ts'
import { printk_globals } from './printk.ts'
import { report, REPORT_OOPS, REPORT_WARN, stack_trace, type KernelReport } from './report.ts'

/** `…, address: 0x…`, and in the wording of old `… paging request at 0x…`. */
function titleWith(title: string, at: string): string {
  if (title.endsWith(' at')) return `${title} ${at}`
  return title.includes('address') ? `${title}: ${at}` : title
}

/** A kernel-style text of an Oops. BUG is an invalid opcode on x86. */
export function oops_text(one: KernelReport): string {
  const at = `0x${(one.address >>> 0).toString(16).padStart(8, '0')}`
  return [
    titleWith(one.title, at),
    `${one.title.startsWith('kernel BUG') ? 'invalid opcode' : 'Oops'}: 0000 [#${one.seq + 1}] SMP`,
    `CPU: ${one.cpu} PID: ${one.pid} Comm: ${one.comm}`,
    `RIP: 0010:${one.rip}`,
    'Call Trace:',
    ...one.trace.map((symbol) => ` ${symbol}`),
  ].join('\n')
}

/**
 * Reports an Oops and ends the task with its locks held.
 * @param title first line, such as `BUG: unable to handle page fault for address`
 * @param address the bad address, 0 if there is none
 * @param name the object concerned, NULL for none
 * @param skip callers to leave out of the trace: 1 when a check reports on behalf of the function that called it
 * @throws Oops, always
 */
export function oops(title: string, address = 0, name: Addr<'qstr'> = NULL, skip = 0): never {
  const one = report(REPORT_OOPS, printk_globals.offset.oopses, title, address, name, stack_trace(2 + skip))
  const task = current()
  if (task !== 0) write(task + task_struct.offset.state, TASK_DEAD)
  throw new Oops(`${one.title} in ${one.rip}`, oops_text(one))
}

/** Reports a condition that should not be and goes on. */
export function WARN(title: string, name: Addr<'qstr'> = NULL): void {
  report(REPORT_WARN, printk_globals.offset.warnings, title, 0, name, stack_trace(2))
}
