/**
 * What main and the CPUs of a machine share: boot state, one mailbox per CPU, the barrier of a round, the registry of
 * locks, and a text area for what CPU 0 answers.
 *
 *   booted   0 CPU 0 is booting · 1 the others may come · negative: errno of the boot
 *   pending  CPUs that have not finished the current command; the one that makes it 0 adds to `event` and wakes main
 *
 * Rules    main writes a mailbox only while its CPU waits for it; the CPU copies it before it reports back.
 */
import { fetch_add, futex_wake, read, write } from '#access'
import { as, type Addr } from '../base/addr.ts'
import { CACHE_LINE_WORDS, INT_MAX } from '../base/constants.ts'
import { alloc_boot, rootAddr } from '../mem/arena.ts'
import { embed, struct, word, words } from '../mem/layout.ts'
import { barrier } from '../sync/barrier.ts'

/** Numbers that a command carries. */
export const COMMAND_ARGS = 8

/** One CPU's mailbox. */
export const mailbox = struct('mailbox', {
  /** Number of the latest command. Futex of the CPU. */
  seq: word,
  /** Number of the latest command that the CPU has finished. */
  done: word,
  /** What to do; 0: power off. */
  opcode: word,
  args: words(COMMAND_ARGS),
})

export const machine_globals = struct('machine_globals', {
  booted: word,
  pending: word,
  /** Futex of main (waitAsync): grows whenever main should look. */
  event: word,
  /** CPUs whose task died of an Oops since the machine was switched on. */
  damaged: word,
  mailboxes: word,
  /** Registry of locks (lock_registry.ts): base and capacity. */
  locks: word,
  lock_slots: word,
  /** Text area: length in bytes, then the bytes. */
  text: word,
  text_bytes: word,
  round: embed(barrier),
})
const ROOT = rootAddr('machine')
const { booted, pending, event, damaged, mailboxes, locks, lock_slots, text, text_bytes } =
  machine_globals.offset
/** Bytes of the text area. */
const TEXT_BYTES = 32 * 1024
/** Words of one entry of the registry of locks. */
export const LOCK_ENTRY_WORDS = 4

/** Bytes of the arena that a machine takes for itself. */
export function machineBytes(cpus: number, lockSlots: number): number {
  return TEXT_BYTES + 4 * (cpus * CACHE_LINE_WORDS + lockSlots * LOCK_ENTRY_WORDS + 16 * CACHE_LINE_WORDS)
}

/** Lays the shared words out in a fresh arena. Returns false when they do not fit. Main, before any worker. */
export function machine_init(cpus: number, lockSlots: number): boolean {
  const g = alloc_boot(machine_globals.words)
  const boxes = alloc_boot(cpus * CACHE_LINE_WORDS)
  const registry = alloc_boot(lockSlots * LOCK_ENTRY_WORDS)
  const area = alloc_boot(1 + TEXT_BYTES / 4)
  if (g === 0 || boxes === 0 || registry === 0 || area === 0) return false
  write(g + mailboxes, boxes)
  write(g + locks, registry)
  write(g + lock_slots, lockSlots)
  write(g + text, area)
  write(g + text_bytes, TEXT_BYTES)
  write(ROOT, g)
  return true
}

/** Base of the globals. */
export function machine_root(): Addr<'machine_globals'> {
  return as(read(ROOT))
}

/** Mailbox of a CPU. */
export function mailbox_of(cpu: number): Addr<'mailbox'> {
  return as(read(machine_root() + mailboxes) + cpu * CACHE_LINE_WORDS)
}

/** The barrier of the round: as many CPUs as take part in the command. */
export function round_barrier(): Addr<'barrier'> {
  return machine_globals.at.round(machine_root())
}

/** Makes main look. */
function wake_main(): void {
  fetch_add(machine_root() + event, 1)
  futex_wake(machine_root() + event, INT_MAX)
}

/** This CPU has finished the current command. */
export function finish_command(): void {
  if (fetch_add(machine_root() + pending, -1) === 1) wake_main()
}

/** A task of this machine died of an Oops: what it held stays held, so the watchdog should be quick. */
export function note_damage(): void {
  fetch_add(machine_root() + damaged, 1)
}

/** Offsets that main reads without being attached. */
export const MACHINE_OFFSETS: Readonly<Record<'booted' | 'pending' | 'event' | 'damaged', number>> = {
  booted,
  pending,
  event,
  damaged,
}
