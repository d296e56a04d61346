/**
 * Main's end of the words that it shares with the CPUs: it posts orders, and waits until nobody is pending.
 *
 * Context   main's event loop, which never blocks: it waits with Atomics.waitAsync.
 */
import { COMMAND_ARGS, MACHINE_OFFSETS, machine_root, mailbox, mailbox_of } from './globals.ts'
import { onArena } from './on_arena.ts'

const { seq: SEQ, opcode: OPCODE, args: ARGS } = mailbox.offset

/** What main reads and writes of one machine. */
export class Switchboard {
  /** Addresses of the mailboxes, by CPU. */
  readonly boxes: readonly number[]
  readonly #view: Int32Array
  readonly #root: number

  constructor(view: Int32Array, cpus: number) {
    this.#view = view
    this.#root = onArena(view, machine_root)
    this.boxes = onArena(view, () => Array.from({ length: cpus }, (_, cpu) => mailbox_of(cpu)))
  }

  /** A word of machine_globals. */
  word(name: keyof typeof MACHINE_OFFSETS): number {
    return Atomics.load(this.#view, this.#root + MACHINE_OFFSETS[name])
  }

  /** So many CPUs have something to finish. Before they are told. */
  expect(cpus: number): void {
    Atomics.store(this.#view, this.#root + MACHINE_OFFSETS.pending, cpus)
  }

  /** Puts order number `seq` into the mailboxes of CPUs 0 … cpus − 1. */
  post(cpus: number, seq: number, opcode: number, args: readonly number[] = []): void {
    for (const box of this.boxes.slice(0, cpus)) {
      Atomics.store(this.#view, box + OPCODE, opcode)
      for (let i = 0; i < COMMAND_ARGS; i++) Atomics.store(this.#view, box + ARGS + i, args[i] ?? 0)
      Atomics.store(this.#view, box + SEQ, seq)
      Atomics.notify(this.#view, box + SEQ)
    }
  }

  /** Makes `finished` look again. */
  poke(): void {
    Atomics.add(this.#view, this.#root + MACHINE_OFFSETS.event, 1)
    Atomics.notify(this.#view, this.#root + MACHINE_OFFSETS.event)
  }

  /** Waits until no CPU is pending. Rejects with what `broken` returns, as soon as it returns something. */
  async finished(broken: () => Error | undefined): Promise<void> {
    const event = this.#root + MACHINE_OFFSETS.event
    for (;;) {
      const seen = Atomics.load(this.#view, event)
      const error = broken()
      if (error !== undefined) throw error
      if (this.word('pending') === 0) return
      const wait = Atomics.waitAsync(this.#view, event, seen)
      if (wait.async) await wait.value
    }
  }
}
