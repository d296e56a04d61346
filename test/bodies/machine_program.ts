import { fetch_add, futex_wait, read, READ_ONCE, write } from '#access'
import { as } from '../../src/base/addr.ts'
import { beat } from '../../src/machine/cpu.ts'
import { round_barrier } from '../../src/machine/globals.ts'
import { LOCK_KIND_MUTEX, register_lock } from '../../src/machine/lock_registry.ts'
import type { Program } from '../../src/machine/program.ts'
import { alloc_boot, rootAddr } from '../../src/mem/arena.ts'
import { strings_init } from '../../src/mem/strings.ts'
import { BLOCKED_CONDITION, set_blocked } from '../../src/mem/task.ts'
import { barrier_wait, mutex, mutex_init, mutex_lock, mutex_unlock } from '../../src/sync/index.ts'

const ROOT = rootAddr('test')
/** Counter behind the two locks. */
const COUNTER = 2 * mutex.words

/** Commands of the test program. */
export const ADD = 1
export const THROW = 2
export const SPIN = 3
export const EXIT = 4
export const CROSS = 5
export const PATIENT = 6

const first = (): ReturnType<typeof as<'mutex'>> => as<'mutex'>(read(ROOT))
const second = (): ReturnType<typeof as<'mutex'>> => as<'mutex'>(read(ROOT) + mutex.words)

/** All CPUs meet, add the argument, meet again; CPU 0 answers the sum. */
function add(amount: number): number {
  barrier_wait(round_barrier())
  fetch_add(read(ROOT) + COUNTER, amount)
  barrier_wait(round_barrier())
  return READ_ONCE(read(ROOT) + COUNTER)
}

/** CPU 1 misbehaves with the first lock held; the others want that lock. */
function misbehave(opcode: number, cpu: number): void {
  if (cpu === 1) mutex_lock(first())
  barrier_wait(round_barrier())
  beat(opcode, 7)
  if (cpu !== 1) mutex_lock(first())
  if (opcode === THROW) throw new Error('thrown on purpose')
  if (opcode === EXIT) process.exit(3)
  for (;;);
}

/** Two CPUs take two locks in opposite order. */
function cross(cpu: number): void {
  const [mine, other] = cpu === 0 ? [first(), second()] : [second(), first()]
  mutex_lock(mine)
  barrier_wait(round_barrier())
  beat(CROSS, cpu)
  mutex_lock(other)
}

/** CPU 0 sleeps for milliseconds, the others wait for it: nothing is wrong with that. */
function patient(ms: number, cpu: number): void {
  const word = alloc_boot(1)
  if (cpu === 0) {
    mutex_lock(first())
    set_blocked(word, BLOCKED_CONDITION)
    for (let i = 0; i < 10; i++) {
      beat(PATIENT, i)
      futex_wait(word, 0, (ms / 10) * 1e6)
    }
    mutex_unlock(first())
  }
  barrier_wait(round_barrier())
}

export const program: Program = {
  operations: ['idle', 'add', 'throw', 'spin', 'exit', 'cross', 'patient'],
  boot(arg) {
    const { ret, fail } = arg as { ret: number; fail?: string }
    if (fail !== undefined) throw new Error(fail)
    const base = alloc_boot(COUNTER + 1)
    write(ROOT, base)
    strings_init()
    for (const [i, lock] of [first(), second()].entries()) {
      mutex_init(lock, `lock ${i}`)
      register_lock(lock, LOCK_KIND_MUTEX, 'test_lock', i)
    }
    return ret
  },
  command(opcode, args, cpu) {
    if (opcode === ADD) return add(args[0] as number)
    if (opcode === CROSS) cross(cpu)
    else if (opcode === PATIENT) patient(args[0] as number, cpu)
    else misbehave(opcode, cpu)
    return undefined
  },
  describeArg: (_op, arg) => `of thing ${arg}`,
}
