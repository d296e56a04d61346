/**
 * The races: several threads do a thing at once, and what they got is summed up in the words of the record.
 *
 * Invariant   main waits for the threads; it does nothing to the machine meanwhile.
 */
import { as, type Addr } from '../base/addr.ts'
import { errname } from '../base/errno.ts'
import { kern_path, kernfs_put, O_WRONLY, sysfs_write, vfs_close, vfs_open } from '../kernel/index.ts'
import { runBodies } from '../machine/bodies.ts'
import type { Answer } from './case.ts'
import { CREATE, remove, U1 } from './recorded/places.ts'
import type { UnloadTask, WriteTask } from './threads.ts'

const THREADS = new URL('./threads.js', import.meta.url)
/** What creates may get while the module goes. EUSERS: three devices are all that gt8 makes here; in this race it made more. */
const UNLOADING = ['ENODEV', 'ENOENT', 'EUSERS']
const GT8_CREATE = '/sys/devices/virtual/gt8/gtp0/mdev_supported_types/gt8-t/create'

function openFor(path: string): Addr<'kernfs_open_file'> {
  const kn = kern_path(path, true)
  const of = vfs_open(as(kn), O_WRONLY)
  kernfs_put(as(kn))
  return as(of)
}

/** All threads write at once, each through a file of its own that is open already. */
async function allWrite(
  sab: SharedArrayBuffer,
  threads: number,
  path: string,
  text: string,
): Promise<number[]> {
  const files = Array.from({ length: threads }, () => openFor(path))
  const arg: WriteTask = { files, text }
  const results = await runBodies<number>({
    sab,
    cpus: threads,
    firstCpu: 1,
    module: THREADS,
    body: 'writeOnce',
    arg,
    timeoutMs: 120_000,
  })
  for (const of of files) vfs_close(of)
  return results
}

/** The errnos of those who failed, each once. */
function errnos(results: readonly number[]): string[] {
  return [...new Set(results.filter((ret) => ret < 0).map((ret) => errname(ret)))].toSorted()
}

async function creates(sab: SharedArrayBuffer, threads: number): Promise<Answer> {
  const results = await allWrite(sab, threads, CREATE, U1)
  sysfs_write(remove(U1), '1')
  const won = results.filter((ret) => ret > 0).length
  const asRecorded = won === 1 && errnos(results).every((name) => name === 'EEXIST')
  return asRecorded
    ? 'one success, the others EEXIST'
    : `${won} successes, also ${errnos(results).join(', ')}`
}

async function removes(sab: SharedArrayBuffer, threads: number): Promise<Answer> {
  sysfs_write(CREATE, U1)
  const results = await allWrite(sab, threads, remove(U1), '1')
  const won = results.filter((ret) => ret > 0).length
  const asRecorded = won > 0 && errnos(results).every((name) => name === 'ENODEV')
  return asRecorded ? 'success, or ENODEV for some' : `${won} successes, also ${errnos(results).join(', ')}`
}

async function unloads(sab: SharedArrayBuffer, threads: number, module: Addr<'module'>): Promise<Answer> {
  const arg: UnloadTask = { path: GT8_CREATE, module }
  const all = await runBodies<number[]>({
    sab,
    cpus: threads + 1,
    firstCpu: 1,
    module: THREADS,
    body: 'createOrUnload',
    arg,
    timeoutMs: 120_000,
  })
  const unloaded = all.at(-1)?.[0] === 0
  const others = errnos(all.slice(0, -1).flat()).filter((name) => !UNLOADING.includes(name))
  if (!unloaded || others.length > 0) return `unloaded: ${unloaded}; also ${others.join(', ')}`
  return 'success, then ENODEV or ENOENT'
}

/** Runs the race of that name. */
export function runRace(
  name: string,
  sab: SharedArrayBuffer,
  threads: number,
  module: Addr<'module'>,
): Promise<Answer> {
  if (name === 'create one uuid') return creates(sab, threads)
  if (name === 'remove one device') return removes(sab, threads)
  if (name === 'create until the driver is gone') return unloads(sab, threads, module)
  throw new Error(`there is no race '${name}'`)
}
