/**
 * Begins an execution where it parts from the one before it, instead of at the start: moments at which more than one CPU could go on
 * are saved, and a body that is to run goes through its log up to there, as after any other switch.
 *
 * When     the policy says how much two executions share, and nobody has to hear all of them: no listener, no detector.
 * Holds    a moment belongs to the execution that saved it and to those that begin alike. Whatever else is run in between starts the
 *          words anew, after which no moment is used.
 * Cost     a moment some hundred nanoseconds; to go back, one slot for each word that has changed since.
 */
import { Moment } from './moment.ts'
import { Nested } from './nested.ts'
import { savedObjects } from './objects.ts'
import type { Policy } from './policy.ts'

/** Steps between two moments: to go through so many again costs less than to save them. */
const SAVE_EVERY = 8

/** An execution before one of its decisions. */
class Decision extends Moment {
  readonly objects = savedObjects()
  /** What loops that relax have read, once there are any. */
  readonly spins: (Int32Array | undefined)[] = []
}

/** See the head of this file. */
export abstract class Resuming extends Nested {
  readonly #decisions: Decision[] = []
  #saved = 0
  /** Who follows the path that the moments are on; undefined: nobody will ask for them. */
  #by: Policy | undefined
  #life = -1
  #relaxes = false
  /** False: every execution begins at the start, as where an engine keeps state of its own. */
  resumes = true
  /** Steps between two moments. */
  saveEvery: number = SAVE_EVERY

  protected override begin(policy: Policy): boolean {
    if (this.#resumed(policy)) return true
    super.begin(policy)
    this.#life = this.words.life
    this.#saved = 0
    return false
  }

  #resumed(policy: Policy): boolean {
    const { shared } = policy
    const alike = this.#by === policy && this.words.life === this.#life
    const may = this.resumes && shared !== undefined && this.listener === null && this.detector === undefined
    this.#by = may ? policy : undefined
    if (!may || !alike) return false
    while (this.#saved > 0 && this.#decisions[this.#saved - 1]!.step > shared) this.#saved--
    if (this.#saved === 0) return false
    this.#goBack(policy, this.#saved - 1)
    return true
  }

  #goBack(policy: Policy, number: number): void {
    const decision = this.#decisions[number]!
    this.resume(policy, decision)
    this.objects.restore(decision.objects)
    for (let cpu = 0; this.#relaxes && cpu < this.cpus; cpu++) {
      const spins = decision.spins[cpu]
      if (spins !== undefined) this.spinSlots[cpu]!.set(spins)
    }
    this.restoreOwn(number)
    this.stand()
  }

  protected override branching(): void {
    if (this.#by === undefined) return
    if (this.#saved > 0 && this.#decisions[this.#saved - 1]!.step + this.saveEvery > this.step) return
    const number = this.#saved++
    const decision = (this.#decisions[number] ??= new Decision(this.all.length))
    this.save(decision)
    this.objects.save(decision.objects)
    if (this.#relaxes) for (let cpu = 0; cpu < this.cpus; cpu++) this.#saveSpins(decision, cpu)
    this.saveOwn(number)
  }

  /** Saves what an engine has of its own, with the moment of this number; goes back to that. */
  protected saveOwn(_number: number): void {}
  protected restoreOwn(_number: number): void {}

  #saveSpins({ spins }: Decision, cpu: number): void {
    const from = this.spinSlots[cpu]!
    const into = (spins[cpu] ??= new Int32Array(from.length))
    const count = Math.min(this.spinCount[cpu]!, from.length)
    for (let i = 0; i < count; i++) into[i] = from[i]!
  }

  /** From the first cpu_relax on, what was read since the last one is overwritten: moments without it are of no use. */
  protected relaxing(): void {
    if (this.#relaxes) return
    this.#relaxes = true
    this.#saved = 0
  }
}
