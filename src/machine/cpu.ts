/**
 * One CPU: attaches to the arena, boots or waits for the boot, then runs command after command until it is sent away.
 * Between commands it sleeps on its mailbox.
 */
import { threadId } from 'node:worker_threads'
import { futex_wait, futex_wake, poll_as_cpu, read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { INT_MAX } from '../base/constants.ts'
import type { FileRef } from '../define/brought.ts'
import { loadFiles } from '../define/load.ts'
import { attachArena } from '../mem/arena.ts'
import {
  BLOCKED_BARRIER,
  clear_blocked,
  current,
  set_blocked,
  task_struct,
  TASK_DEAD,
  TASK_DONE,
  TASK_RUNNING,
} from '../mem/task.ts'
import {
  COMMAND_ARGS,
  finish_command,
  machine_globals,
  machine_root,
  mailbox,
  mailbox_of,
} from './globals.ts'
import { loadProgram, OP_STOP, type Program } from './program.ts'
import { put_answer } from './text_area.ts'

/** What the pool passes to a worker. */
export interface CpuTask {
  readonly sab: SharedArrayBuffer
  readonly cpu: number
  /** URL of the program's module. */
  readonly program: string
  /** Handed to boot and attach. */
  readonly arg: unknown
  /** Users' files that its program needs. */
  readonly files?: readonly FileRef[] | undefined
}

const { booted: BOOTED } = machine_globals.offset
const { seq: SEQ, done: DONE, opcode: OPCODE, args: ARGS } = mailbox.offset
const { state: STATE, tid: TID, heartbeat: HEARTBEAT, op: OP, op_arg: OP_ARG } = task_struct.offset

/** The life of a CPU aboard a machine. Resolves when it is sent away; rejects with whatever the program throws. */
export async function runCpu(task: CpuTask): Promise<void> {
  const { sab, cpu, program: url, arg } = task
  attachArena(sab, cpu)
  poll_as_cpu()
  write(current() + TID, threadId)
  await loadFiles(task.files)
  const program = await loadProgram(url)
  try {
    if (cpu === 0 && READ_ONCE(machine_root() + BOOTED) === 0) boot(program, arg)
    else if (!waitForBoot()) return
    program.attach?.(cpu, arg)
    serve(program, cpu)
    WRITE_ONCE(current() + STATE, TASK_DONE)
  } catch (error) {
    WRITE_ONCE(current() + STATE, TASK_DEAD)
    throw portable(error)
  }
}

/** An error whose report survives the way to main, where only message and stack arrive. */
function portable(error: unknown): Error {
  const { message, stack } = error instanceof Error ? error : new Error(String(error))
  const report = (error as { report?: string } | null | undefined)?.report
  const copy = new Error(report === undefined ? message : `${message}\n${report}`)
  if (stack !== undefined) copy.stack = stack
  return copy
}

function boot(program: Program, arg: unknown): void {
  const ret = program.boot(arg)
  const word = machine_root() + BOOTED
  WRITE_ONCE(word, ret === 0 ? 1 : ret)
  futex_wake(word, INT_MAX)
  if (ret !== 0) throw new Error(`boot failed: ${ret}`)
}

/** False when the boot failed. */
function waitForBoot(): boolean {
  const word = machine_root() + BOOTED
  set_blocked(word, BLOCKED_BARRIER)
  while (READ_ONCE(word) === 0) futex_wait(word, 0)
  clear_blocked()
  return READ_ONCE(word) === 1
}

function serve(program: Program, cpu: number): void {
  const box = mailbox_of(cpu)
  const args = Array.from({ length: COMMAND_ARGS }, () => 0)
  let seen = READ_ONCE(box + SEQ)
  // From here on main may send commands.
  finish_command()
  for (;;) {
    seen = nextCommand(box, seen)
    const opcode = read(box + OPCODE)
    if (opcode === OP_STOP) return
    for (let i = 0; i < COMMAND_ARGS; i++) args[i] = read(box + ARGS + i)
    WRITE_ONCE(current() + STATE, TASK_RUNNING)
    const answer = program.command(opcode, args, cpu)
    if (cpu === 0) put_answer(answer)
    WRITE_ONCE(current() + STATE, TASK_DONE)
    WRITE_ONCE(box + DONE, seen)
    finish_command()
  }
}

/** Sleeps until main has sent a command. Returns its number. */
function nextCommand(box: number, seen: number): number {
  set_blocked(box, BLOCKED_BARRIER)
  while (READ_ONCE(box + SEQ) === seen) futex_wait(box + SEQ, seen)
  clear_blocked()
  return READ_ONCE(box + SEQ)
}

/** Tells the watchdog that this CPU makes progress, and what it does now. Once per operation. */
export function beat(op: number, arg: number): void {
  const task = current()
  write(task + OP, op)
  write(task + OP_ARG, arg)
  write(task + HEARTBEAT, read(task + HEARTBEAT) + 1)
}
