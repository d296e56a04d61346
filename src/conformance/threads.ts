/**
 * What the threads of a race do, each as a CPU of its own. Main is CPU 0, these are the others.
 *
 * Context   workers; started by runBodies, which lets them go all at once.
 */
import { as } from '../base/addr.ts'
import { ENODEV, ENOENT } from '../base/errno.ts'
import { vfs_write } from '../kernel/file.ts'
import { delete_module } from '../kernel/module.ts'
import { sysfs_write } from '../kernel/path_io.ts'

// With it come the tables that the machine was booted with: every CPU needs them.
export { bootMachine } from './boot.ts'

/** Files that were opened before, one per thread, and what each writes. */
export interface WriteTask {
  readonly files: readonly number[]
  readonly text: string
}

/** One write. Returns what it got. */
export function writeOnce(cpu: number, _cpus: number, { files, text }: WriteTask): number {
  return vfs_write(as(files[cpu - 1] ?? 0), text)
}

/** A `create` file, and the module that is to be unloaded. */
export interface UnloadTask {
  readonly path: string
  readonly module: number
}

function uuid(cpu: number, n: number): string {
  return `00000000-0000-0000-${cpu.toString(16).padStart(4, '0')}-${n.toString(16).padStart(12, '0')}`
}

/** All but the last create and remove until they are told that the parent is gone; the last one unloads the module. */
export function createOrUnload(cpu: number, cpus: number, { path, module }: UnloadTask): number[] {
  if (cpu === cpus) return [delete_module(as(module))]
  const seen = new Set<number>()
  for (let n = 0; ; n++) {
    const ret = sysfs_write(path, uuid(cpu, n))
    seen.add(Math.min(ret, 0))
    if (ret === -ENODEV || ret === -ENOENT) return [...seen]
    if (ret > 0) sysfs_write(`/sys/bus/mdev/devices/${uuid(cpu, n)}/remove`, '1')
  }
}
