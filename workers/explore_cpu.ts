/**
 * A CPU of a model on a real thread: it runs the checked build, where its accesses stop at schedule points.
 */
import { RealCpu } from '../src/explore/engine/real_cpu.ts'
import { lockdepWitness } from '../src/explore/lockdep_witness.ts'
import { loadFiles } from '../src/define/load.ts'
import { modelNamed } from '../src/models/named.ts'
import type { CpuData } from '../src/explore/witness.ts'
import { setController } from '../src/mem/access.checked.ts'
import type { Telling } from '../src/machine/worker_thread.ts'
import { attachArena } from '../src/mem/arena.ts'
import { installObserver } from '../src/trace/observers.ts'

export default async function job(given: Telling<CpuData>): Promise<void> {
  const { arena, words, cpu, model, state, lockdep, files, port } = given
  await loadFiles(files)
  const body = (await modelNamed(model)).cpus[cpu]
  if (body === undefined) throw new Error(`${model} has no cpu-${cpu}`)
  attachArena(arena, cpu)
  const real = new RealCpu(words, cpu)
  setController(real)
  if (lockdep) {
    installObserver(lockdepWitness(() => real.reported()))
  }
  installObserver(real)
  port.postMessage('ready')
  real.serve(() => body(state))
}
