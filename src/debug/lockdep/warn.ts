/**
 * Warnings that leave lockdep on: each place makes them once.
 *
 * Source   include/linux/lockdep.h, kernel/rcu/update.c, kernel/sched/core.c, kernel/panic.c (formats of 6.1)
 */
import { raw_read } from '../../mem/raw.ts'
import { callTrace, commOf, RELEASE } from '../format.ts'
import { firstTime } from '../once.ts'
import { callerOf, frameText, type Frame } from '../stack.ts'
import { backtrace, header, keep, type Context } from './context.ts'
import { LD } from './globals.ts'
import { heldInfo, heldLines } from './print.ts'

function place(frame: Frame | undefined): string {
  return frame === undefined ? '?' : `${frame.file}:${frame.line}`
}

function publishOnce(context: Context, title: string, lines: (frame: Frame | undefined) => string[]): void {
  const frame = callerOf(context.stack())
  if (!firstTime(`${title} ${place(frame)}`)) return
  context.flush()
  keep(context, title, lines(frame), {
    at: frame,
    held: heldInfo(context.globals, context.cpu),
    stack: context.stack(),
  })
}

/** A lockdep_assert_* is not true. */
export function warnAssertion(context: Context): void {
  const { cpu } = context
  publishOnce(context, 'lockdep assertion failed', (frame) => {
    const symbol = frame === undefined ? '?' : frameText(frame)
    const [, ...trace] = callTrace(cpu, context.stack().map(frameText))
    return [
      '------------[ cut here ]------------',
      `WARNING: CPU: ${cpu} PID: ${cpu + 1} at ${place(frame)} ${symbol}`,
      `CPU: ${cpu} PID: ${cpu + 1} Comm: ${commOf(cpu)} Not tainted ${RELEASE} #1`,
      ...trace,
      '---[ end trace 0000000000000000 ]---',
    ]
  })
}

/** RCU is used where it must not be. */
export function warnRcu(context: Context, message: string): void {
  const { globals, cpu } = context
  publishOnce(context, 'suspicious RCU usage', (frame) => [
    ...header('suspicious RCU usage'),
    `${place(frame)} ${message}`,
    '',
    'other info that might help us debug this:',
    '',
    '',
    `rcu_scheduler_active = 2, debug_locks = ${raw_read(globals + LD.debug_locks)}`,
    ...heldLines(globals, cpu),
    ...backtrace(context),
  ])
}

/** Code that may sleep runs under `spins` spinning locks. */
export function warnSleeping(context: Context, spins: number): void {
  const { globals, cpu } = context
  publishOnce(context, 'sleeping function called from invalid context', (frame) => [
    `BUG: sleeping function called from invalid context at ${place(frame)}`,
    `in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: ${cpu + 1}, name: ${commOf(cpu)}`,
    `preempt_count: ${spins}, expected: 0`,
    ...heldLines(globals, cpu),
    ...callTrace(cpu, context.stack().map(frameText)),
  ])
}
