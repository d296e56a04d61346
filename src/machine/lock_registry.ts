/**
 * The registry of locks: which addresses are locks, of what kind, and what they are called. A report finds in it who
 * holds what; nothing else reads it.
 *
 * State     entry: address (0 free or gone), kind, string id of the name, number behind the name (−1 none).
 * Rules     names are registered at boot; later only the address behind a name changes (a parent that comes back), and
 *           only by the CPU that plugs it.
 */
import { read, READ_ONCE, WRITE_ONCE, write } from '#access'
import { as } from '../base/addr.ts'
import { intern, textOf } from '../mem/strings.ts'
import { task_of, task_struct, TASK_READ_DEPTH } from '../mem/task.ts'
import { mutex_owner_cpu, rw_semaphore } from '../sync/index.ts'
import { LOCK_ENTRY_WORDS, machine_globals, machine_root } from './globals.ts'

export const LOCK_KIND_MUTEX = 1
export const LOCK_KIND_RWSEM = 3
const KINDS = ['', 'mutex', 'spinlock', 'rwsem'] as const

const LOCKS = machine_globals.offset.locks
const SLOTS = machine_globals.offset.lock_slots
const RWSEM_OWNER = rw_semaphore.offset.owner
const T = task_struct.offset

/** A lock with its name. */
export interface NamedLock {
  readonly address: number
  readonly kind: string
  readonly name: string
}

function entry(slot: number): number {
  return read(machine_root() + LOCKS) + slot * LOCK_ENTRY_WORDS
}

/**
 * Gives the lock at an address a name, or a known name another address; address 0: there is no such lock now.
 * @param n number behind the name (`&parent->lock #3`), −1 for none
 * @returns false when the registry is full
 */
export function register_lock(address: number, kind: number, name: string, n: number = -1): boolean {
  const id = intern(name)
  const slots = read(machine_root() + SLOTS)
  for (let slot = 0; slot < slots; slot++) {
    const at = entry(slot)
    const known = read(at + 2)
    if (known !== 0 && (known !== id || read(at + 3) !== n)) continue
    write(at + 1, kind)
    write(at + 2, id)
    write(at + 3, n)
    WRITE_ONCE(at, address)
    return true
  }
  return false
}

/** All registered locks that exist now. */
export function registered_locks(): NamedLock[] {
  const found: NamedLock[] = []
  for (let slot = 0; slot < read(machine_root() + SLOTS); slot++) {
    const at = entry(slot)
    const address = READ_ONCE(at)
    if (address === 0) continue
    const n = read(at + 3)
    const name = n < 0 ? textOf(read(at + 2)) : `${textOf(read(at + 2))} #${n}`
    found.push({ address, kind: KINDS[read(at + 1)] ?? 'lock', name })
  }
  return found
}

/** CPU that owns a lock exclusively now, −1 for none. */
export function lock_owner(lock: NamedLock): number {
  return mutex_owner_cpu(as(lock.kind === 'rwsem' ? lock.address + RWSEM_OWNER : lock.address))
}

/** Name of the lock at an address; its address if nobody named it. */
export function lock_name(address: number, kind: string): string {
  const known = registered_locks().find((lock) => lock.address === address)
  return known === undefined ? `${kind} at 0x${address.toString(16)}` : `${known.kind} ${known.name}`
}

/**
 * What a CPU holds, as texts: registered locks that name it as owner, and the reader locks it recorded.
 * @param describe names what is not registered; '' if it cannot
 */
export function locks_held(cpu: number, describe: (address: number, kind: string) => string): string[] {
  const owned = registered_locks()
    .filter((lock) => lock_owner(lock) === cpu)
    .map((lock) => `${lock.kind} ${lock.name}`)
  const task = task_of(cpu)
  const depth = Math.min(Math.max(read(task + T.read_depth), 0), TASK_READ_DEPTH)
  const reads = Array.from({ length: depth }, (_, i) => {
    const address = read(task + T.reads + i)
    return `${describe(address, 'reader') || lock_name(address, 'lock')} (read)`
  })
  return [...owned, ...reads]
}

/** Registered locks that are held exclusively, as texts. For checks when no CPU runs. */
export function locks_still_held(): string[] {
  return registered_locks()
    .filter((lock) => lock_owner(lock) >= 0)
    .map((lock) => `${lock.kind} ${lock.name} held by CPU ${lock_owner(lock)}`)
}
