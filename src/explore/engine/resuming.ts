/**
 * Begins an execution where it parts from the one before it, instead of at the start: moments at which more than one CPU could go on
 * are saved, and a body that is to run goes through its log up to there, as after any other switch.
 *
 * When     the policy says how much two executions share, and nobody has to hear all of them: no listener, no detector.
 * Holds    a moment belongs to the execution that saved it and to those that begin alike. Whatever else is run in between starts the
 *          words anew, after which no moment is used.
 * Cost     a moment some hundred nanoseconds; to go back, one slot for each word that has changed since.
 */
import { Saved, type Policy } from './execution.ts'
import { Nested } from './nested.ts'
import { savedObjects } from './objects.ts'
import { MAX_CPUS, WordsMark } from './words.ts'

/** Steps between two moments: to go through so many again costs less than to save them. */
const SAVE_EVERY = 8

/** An execution before one of its decisions. */
class Moment extends Saved {
  readonly logs = new Int32Array(MAX_CPUS)
  readonly objects = savedObjects()
  /** What loops that relax have read, once there are any. */
  readonly spins: (Int32Array | undefined)[] = []

  constructor() {
    super(new WordsMark())
  }
}

/** See the head of this file. */
export abstract class Resuming extends Nested {
  readonly #moments: Moment[] = []
  #saved = 0
  /** Who follows the path that the moments are on; undefined: nobody will ask for them. */
  #by: Policy | undefined
  #life = -1
  #relaxes = false
  /** False: every execution begins at the start, as where an engine keeps state of its own. */
  resumes = true

  protected override begin(policy: Policy): void {
    if (this.#resumed(policy)) return
    super.begin(policy)
    this.#life = this.words.life
    this.#saved = 0
  }

  #resumed(policy: Policy): boolean {
    const { shared } = policy
    const alike = this.#by === policy && this.words.life === this.#life
    const may = this.resumes && shared !== undefined && this.listener === null && this.detector === undefined
    this.#by = may ? policy : undefined
    if (!may || !alike) return false
    while (this.#saved > 0 && this.#moments[this.#saved - 1]!.step > shared) this.#saved--
    if (this.#saved === 0) return false
    this.#goBack(policy, this.#moments[this.#saved - 1]!)
    return true
  }

  #goBack(policy: Policy, moment: Moment): void {
    this.resume(policy, moment)
    this.objects.restore(moment.objects)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      this.logs.length[cpu] = moment.logs[cpu]!
      const spins = moment.spins[cpu]
      if (this.#relaxes && spins !== undefined) this.spinSlots[cpu]!.set(spins)
    }
    this.stand()
  }

  protected override branching(): void {
    if (this.#by === undefined) return
    if (this.#saved > 0 && this.#moments[this.#saved - 1]!.step + SAVE_EVERY > this.step) return
    const moment = (this.#moments[this.#saved++] ??= new Moment())
    this.save(moment)
    this.objects.save(moment.objects)
    for (let cpu = 0; cpu < this.cpus; cpu++) {
      moment.logs[cpu] = this.logs.length[cpu]!
      if (this.#relaxes) this.#saveSpins(moment, cpu)
    }
  }

  #saveSpins({ spins }: Moment, cpu: number): void {
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
