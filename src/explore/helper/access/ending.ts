/**
 * How executions of foreign code end: refusals, bodies that catch what is thrown to stop them, a limit of steps that says what is polled,
 * an exploration that starts again with a finer grain.
 */
import { REDUNDANT, STEP_LIMIT } from '../../../define/outcome.ts'
import { DIRECT, UNWINDING } from '../../engine/mode.ts'
import { ROW, T_ADDR, T_CPU } from '../../engine/rows.ts'
import type { Policy } from '../../engine/policy.ts'
import type { Rules } from '../../engine/rules.ts'
import { PLAIN_LOAD } from '../../engine/log.ts'
import type { Program } from '../../engine/program.ts'
import { Reexec } from '../../engine/reexec.ts'
import { REGRAIN, type Grain } from '../grain.ts'
import { MASK_BITS } from '../pieces.ts'
import { MAY_WAIT, RefusedError } from '../refused.ts'

/** Accesses of a body that is being stopped (in `finally`, or after it has caught what the engine throws) before it is let run to its end. */
const MOST_CAUGHT = 64
/** Steps at the end of an execution that are looked at for what is polled. */
const LATELY = 200

/** See the head of this file. */
export abstract class EndingEngine extends Reexec {
  readonly grain: Grain
  /** It has moments of its own: ../learning_engine.ts. */
  override resumes = false
  /** The exploration must end, whatever the bodies do. */
  refusal: RefusedError | undefined
  /** Something else than the bodies' code runs, between two turns of theirs. */
  protected foreignTurn = false
  /** The check that runs, `finish` or `invariant`; '' if none. */
  checking = ''
  /** The set-up runs. */
  settingUp = false
  #caught = 0
  /** A body has run in this execution. */
  #entered = false
  /** Told which body runs. */
  onEnter: (cpu: number) => void = () => {}
  /** A body threw what is no finding against it. */
  onThrow: (error: unknown) => RefusedError | undefined = () => undefined

  constructor(memory: Int32Array, program: Program, rules: Rules, grain: Grain) {
    super(memory, program, rules)
    this.grain = grain
  }

  override execute(policy: Policy): number {
    return this.settled(super.execute(policy))
  }

  /** The end of an execution: throws if the exploration has to end, or to start again. */
  protected settled(outcome: number): number {
    if (this.#entered) this.onEnter(-1)
    this.#entered = false
    if (this.refusal !== undefined) throw this.refusal
    // eslint-disable-next-line typescript/only-throw-error -- it is caught by `staged` alone
    if (this.grain.learned) throw REGRAIN
    return outcome
  }

  protected override enter(cpu: number): void {
    super.enter(cpu)
    this.#caught = 0
    this.#entered = true
    this.onEnter(cpu)
  }

  /** A step limit says which word is polled, and what to do. */
  override fail(outcome: number, cpu: number, message = '', addr = 0): never {
    if (outcome !== STEP_LIMIT || addr !== 0) return super.fail(outcome, cpu, message, addr)
    const polled = this.#polled(cpu)
    return super.fail(
      outcome,
      cpu,
      `${this.endless(cpu, polled)}; a program that needs more steps has maxSteps`,
      polled,
    )
  }

  /** What the CPU does again and again, and what helps. */
  protected endless(cpu: number, _polled: number): string {
    const advice =
      'A loop that polls memory must call Atomics.pause() or cpuRelax() of lockstorm/explore, so that it waits until somebody else writes'
    return `cpu-${cpu} reads it again and again, and it does not change. ${advice}`
  }

  /** The word that the CPU has accessed most often of late. */
  #polled(cpu: number): number {
    const counts = new Map<number, number>()
    const note = (addr: number): unknown => counts.set(addr, (counts.get(addr) ?? 0) + 1)
    for (let step = Math.max(0, this.step - LATELY); step < this.step; step++) {
      if (this.rows[step * ROW + T_CPU] === cpu && this.rows[step * ROW + T_ADDR] !== 0)
        note(this.rows[step * ROW + T_ADDR]!)
    }
    const words = this.logs.length[cpu]!
    const tail = this.logs.entries[cpu]!.subarray(Math.max(0, words - LATELY), words)
    for (let i = 0; i < tail.length; i += 2)
      if ((tail[i]! & 0x1f) === PLAIN_LOAD) note(tail[i]! >> (5 + MASK_BITS))
    return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? 0
  }

  /** Ends the exploration with an error, even if the body catches what is thrown here. */
  refuse(error: RefusedError): never {
    this.refusal ??= error
    if (this.mode === DIRECT) throw error
    return this.fail(REDUNDANT, this.me)
  }

  protected override thrown(error: unknown): void {
    // It says more than what was noticed beside it, such as that a promise was made.
    this.refusal = this.onThrow(error) ?? this.refusal
  }

  /** True while a body runs, live or from its log. */
  get inBody(): boolean {
    return this.mode !== DIRECT
  }

  /** What runs beside the bodies: `setup`, or the check; '' if none. */
  get aside(): string {
    return this.settingUp ? 'setup' : this.checking
  }

  protected regrain(): never {
    return this.fail(REDUNDANT, this.me)
  }

  protected override rethrow(): never {
    if (++this.#caught === MOST_CAUGHT) this.refusal ??= swallowed(this.me)
    return super.rethrow()
  }

  /**
   * True if an access goes straight to memory, a write at byte `written` maybe: set-up and checks, which only read, and a body that has caught so much that it must be let run to its
   * end, since the exploration is over anyway. Throws if the body is to be stopped.
   */
  protected isBare(written: number | false = false): boolean {
    if (this.mode === DIRECT) {
      if (written !== false && this.checking !== '') this.refuse(writingCheck(this.checking, written))
      if (this.foreignTurn) this.#refuseForeignTurn()
      return true
    }
    if (this.mode === UNWINDING && this.#caught < MOST_CAUGHT) this.rethrow()
    return this.mode === UNWINDING
  }

  #refuseForeignTurn(): never {
    this.refusal ??= new RefusedError(
      'ERR_EXPLORE_UNSUPPORTED',
      `a body was continued by something that the explorer does not control, such as a timer or an input that was taken before the run: ${MAY_WAIT}`,
    )
    throw this.refusal
  }
}

/** A check that writes could mend what it is to find. */
export function writingCheck(check: string, byte: number): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_BAD_PROGRAM',
    `${check} of the program writes to byte ${byte} of the memory (word ${byte >> 2}): a check only reads, with plain reads or Atomics.load`,
  )
}

function swallowed(cpu: number): RefusedError {
  return new RefusedError(
    'ERR_EXPLORE_SWALLOWED',
    `the body of cpu-${cpu} catches what the explorer throws to stop it, again and again. Let it pass: catch (error) { if (isControl(error)) throw error; … }`,
  )
}
