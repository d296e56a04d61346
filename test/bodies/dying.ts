/**
 * One CPU makes and removes a directory while others make links in it without any protection: what strategies without
 * a gate do. The words they share are at the root `test`.
 */
import { read, READ_ONCE, write, WRITE_ONCE } from '#access'
import { as, NULL, Oops } from '../../src/base/index.ts'
import * as k from '../../src/kernel/index.ts'
import { alloc_boot, rootAddr } from '../../src/mem/index.ts'

const ROOT = rootAddr('test')
const VICTIM = 0
const STOP = 1
const TARGET = 2
const VICTIM_NAME = k.static_name('victim')
const TARGET_NAME = k.static_name('target')

/** Makes the words and the target of all links. */
export function setup(): void {
  const g = alloc_boot(4)
  write(ROOT, g)
  write(g + TARGET, k.kobject_create_and_add(k.qstr_of(TARGET_NAME), NULL))
}

type Tally = Record<string, number>

function count(tally: Tally, outcome: string | number): void {
  tally[outcome] = (tally[outcome] ?? 0) + 1
}

/** Makes and removes the directory. Returns how often which errno came. */
export function dyingParent(_cpu: number, _cpus: number, arg: { rounds: number }): Tally {
  const tally: Tally = {}
  const g = read(ROOT)
  for (let i = 0; i < arg.rounds; i++) {
    const victim = k.kobject_create_and_add(k.qstr_of(VICTIM_NAME), NULL)
    count(tally, Math.min(victim, 0))
    if (victim < 0) continue
    WRITE_ONCE(g + VICTIM, victim)
    k.kobject_put(as(victim))
  }
  WRITE_ONCE(g + STOP, 1)
  return tally
}

/** Makes links in the directory, alive or not, until the other stops. Returns how often which outcome came. */
export function intruder(cpu: number): Tally {
  const tally: Tally = {}
  const g = read(ROOT)
  const target = as<'kobject'>(read(g + TARGET))
  const name = as<'qstr'>(alloc_boot(k.qstr.words))
  for (let i = 0; READ_ONCE(g + STOP) === 0; i++) {
    const victim = as<'kobject'>(READ_ONCE(g + VICTIM))
    if (victim === 0) continue
    k.qstr_set_uuid(name, cpu, i, 0, 0)
    count(tally, attempt(victim, target, name))
  }
  return tally
}

function attempt(victim: k.Kobject, target: k.Kobject, name: ReturnType<typeof k.qstr_of>): number | string {
  try {
    return k.sysfs_create_link(victim, target, name)
  } catch (error) {
    if (error instanceof Oops) return 'Oops'
    throw error
  }
}

/** What is left after the run. */
export function counts(): k.KernelCounts {
  return k.kernel_counts()
}
