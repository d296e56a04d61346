/**
 * The kernel that the models of the driver core start from: booted small, with one scheme of locking or the other.
 */
import { read, write } from '#access'
import { as, type Addr } from '../../base/addr.ts'
import { qstr, qstr_set_uuid } from '../../kernel/qstr.ts'
import { duplicate_count, warning_count } from '../../kernel/report.ts'
import { alloc_boot } from '../../mem/arena.ts'
import { check, type Model, type Scene, type State } from '../../define/model.ts'

/** What models of a booted kernel share. */
export const BOOTED: Pick<Model, 'maxSteps' | 'arenaWords' | 'fold'> = {
  maxSteps: 4000,
  arenaWords: 1 << 18,
  fold: ['mem', 'sync'],
}

/** A name that is the same for the same number. */
export function nameOf(n: number): Addr<'qstr'> {
  const name = as<'qstr'>(alloc_boot(qstr.words))
  qstr_set_uuid(name, n, 0, 0, 0)
  return name
}

/** What a call of set-up made; its errno fails the set-up. */
export function must<S extends string>(what: string, result: number): Addr<S> {
  check(result > 0, `${what}: ${result}`)
  return as(result)
}

/** Calls `fn` on every CPU, to fill its magazines. */
export function onEach(scene: Scene, cpus: number, fn: (cpu: number) => void): void {
  for (let cpu = 0; cpu < cpus; cpu++) scene.onCpu(cpu, () => fn(cpu))
}

/** One word per CPU for what its calls returned. */
export function answersOf(scene: Scene, cpus: number): number {
  return scene.name(alloc_boot(cpus), 'answers', cpus)
}

/** Notes what a call of the CPU returned. */
export function answer(s: State & { readonly answers: number }, cpu: number, result: number): void {
  write(s.answers + cpu, result)
}

/** What the CPU noted. */
export function answerOf(s: State & { readonly answers: number }, cpu: number): number {
  return read(s.answers + cpu)
}

/** Nothing has gone to the log that should not. */
export function quiet(): void {
  check(duplicate_count() === 0, 'sysfs: cannot create duplicate filename')
  check(warning_count() === 0, 'a WARN was raised')
}

/** Name and words of a scheme of locking. */
export function scheme(secondOrder: boolean): readonly [name: string, words: string] {
  return secondOrder ? ['global', 'one lock for the tree'] : ['sharded', 'a lock per directory']
}
