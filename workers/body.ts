/**
 * Runs one exported function of a compiled module as one CPU: the entry of small multi-CPU programs and of the tests.
 * All CPUs leave together through a gate in their own shared memory, so that none has a head start.
 */
import type { BodyData } from '../src/machine/bodies.ts'
import { attachArena } from '../src/mem/arena.ts'

/** What a body receives; its return value must survive structured cloning. */
export type Body = (cpu: number, cpus: number, arg: never) => unknown

export default async function runBody(data: BodyData): Promise<unknown> {
  const { sab, gate, cpu, cpus, module, body, arg } = data
  attachArena(sab, cpu)
  const exports = (await import(module)) as Record<string, Body>
  const run = exports[body]
  if (run === undefined) throw new Error(`${module} exports no function '${body}'`)
  if (Atomics.add(gate, 0, 1) === cpus - 1) {
    Atomics.store(gate, 1, 1)
    Atomics.notify(gate, 1)
  } else {
    while (Atomics.load(gate, 1) === 0) Atomics.wait(gate, 1, 0)
  }
  return run(cpu, cpus, arg as never)
}
