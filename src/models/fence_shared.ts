/**
 * Models of what fences share: a domain of grace periods with the devices of strangers, and mappings with the faults that make them.
 */
import { fetch_add, futex_wait, futex_wake, read, READ_ONCE, write } from '#access'
import { trace_free } from '#trace'
import { as } from '../base/addr.ts'
import { hashName } from '../base/ops.ts'
import { fence_domains_init } from '../fences/domains.ts'
import {
  fence_enter,
  fence_init,
  fence_kill_begin,
  fence_kill_wait,
  fence_leave,
  fence_open,
} from '../fences/fence.ts'
import { fence, fence_file } from '../fences/fence_struct.ts'
import { alloc_boot } from '../mem/arena.ts'
import { mutex, mutex_init, mutex_lock, mutex_unlock } from '../sync/index.ts'
import { check, defineModel, type Model, type Scene } from '../define/model.ts'

interface Two extends Record<string, number> {
  /** The fence that is killed, and a file of another device's. */
  readonly f: number
  readonly strange: number
  readonly file: number
  /** 1 when the kill is over. Futex. */
  readonly killed: number
}

function twoDevices(name: string): (scene: Scene) => Two {
  return (scene) => {
    check(fence_domains_init() === 0, 'fence_domains_init')
    const f = scene.name(alloc_boot(fence.words), 'fence', fence)
    const other = scene.name(alloc_boot(fence.words), 'other', fence)
    const files = alloc_boot(2 * fence_file.words)
    for (const [i, of] of [f, other].entries()) {
      check(fence_init(as(of), hashName(name)) === 0, 'fence_init')
      check(fence_open(as(of), as(files + i * fence_file.words)) === 0, 'fence_open')
    }
    const killed = scene.name(alloc_boot(1), 'killed')
    return { f, file: files, strange: files + fence_file.words, killed }
  }
}

/** Is inside the other device, and takes longer over it than the kill does. */
function stranger({ strange, killed }: Two): void {
  const token = fence_enter(as(strange))
  while (READ_ONCE(killed) === 0) futex_wait(killed, 0)
  fence_leave(as(strange), token)
}
function killer({ f, killed }: Two): void {
  fence_kill_begin(as(f))
  fence_kill_wait(as(f))
  fetch_add(killed, 1)
  futex_wake(killed, 1)
}

interface Mapped extends Two {
  /** The lock that an access through the mapping and its removal exclude each other by: TLBs are flushed before unmapping returns. */
  readonly mm: number
  /** The mapping: 0, or the address of the device's memory. */
  readonly pte: number
  readonly memory: number
}

function mapped(scene: Scene): Mapped {
  const mm = scene.name(alloc_boot(mutex.words), 'mm', mutex)
  mutex_init(as(mm), '&mm->lock')
  const pte = scene.name(alloc_boot(1), 'pte')
  return { ...twoDevices('dax')(scene), mm, pte, memory: scene.name(alloc_boot(1), 'memory', 1) }
}

/** Writes to the memory through the mapping. False if there is none. */
function touch({ mm, pte }: Mapped): boolean {
  mutex_lock(as(mm))
  const at = read(pte)
  if (at !== 0) write(at, 1)
  mutex_unlock(as(mm))
  return at !== 0
}
/** Touches, faults the mapping in, and touches again; SIGBUS if the device is gone. */
function user(s: Mapped): void {
  if (touch(s)) return
  const token = fence_enter(as(s.file))
  if (token < 0) return
  mutex_lock(as(s.mm))
  write(s.pte, s.memory)
  mutex_unlock(as(s.mm))
  fence_leave(as(s.file), token)
  touch(s)
}
function unmap({ mm, pte }: Mapped): void {
  mutex_lock(as(mm))
  write(pte, 0)
  mutex_unlock(as(mm))
}
/** kill_dax, then the memory is gone. */
function kill_dax(s: Mapped): void {
  fence_kill_begin(as(s.f))
  fence_kill_wait(as(s.f))
  unmap(s)
  trace_free(s.memory, 1, 'memory')
}
/** WRONG: unmaps before the faults that are under way have ended. */
function unmapFirst(s: Mapped): void {
  fence_kill_begin(as(s.f))
  unmap(s)
  fence_kill_wait(as(s.f))
  trace_free(s.memory, 1, 'memory')
}

function model<S extends Two>(
  name: string,
  summary: string,
  setup: (scene: Scene) => S,
  cpus: readonly ((s: S) => void)[],
  expect?: Model['expect'],
): Model {
  return defineModel<S>({
    name,
    summary,
    setup,
    cpus,
    arenaWords: 1 << 14,
    maxSteps: 2000,
    fold: ['mem', 'sync'],
    ...(expect !== undefined && { expect }),
  })
}

const besideStranger = (name: string, expect?: Model['expect']): Model =>
  model(
    `fence-stranger:${name}`,
    `one who is inside another device ‖ kill (${name})`,
    twoDevices(name),
    [stranger, killer],
    expect,
  )

/** The models. */
export const fenceShared: readonly Model[] = [
  besideStranger('srcu'),
  besideStranger('revocable-3'),
  besideStranger('drm', 'deadlock'),
  besideStranger('rust', 'deadlock'),
  model('dax-mapping', 'a fault ‖ kill, then unmapping', mapped, [user, kill_dax]),
  model(
    'dax-unmap-first',
    'WRONG: a fault ‖ unmapping before the grace period',
    mapped,
    [user, unmapFirst],
    'use after free',
  ),
]
