import { choose, cpuRelax, isControl, type Program } from '#lockstorm/explore/helper/index'
import { Dice } from '#lockstorm/explore/searches/sample'

/**
 * Random programs, as texts so that the explorer can read them: right and wrong ones, all of them deterministic. What they do is
 * added up in `sum`, which word 4 holds in the end.
 */
export interface Shape {
  readonly cpus: number
  readonly length: number
  readonly rounds: number
  /** The first two bodies are one function. */
  readonly alike: boolean
  /** Kinds of statements beside the basic ones. */
  readonly with: readonly (keyof typeof KINDS)[]
  /** Bodies leave what they have seen in a list outside, where finish looks. */
  readonly leaves?: boolean
  readonly races?: boolean
  readonly earlyTimeouts?: number
  readonly spurious?: number
  readonly maxSteps?: number
}

/** What a statement is made of: a word, a value, a time-out, names that nobody else has. */
interface Parts {
  readonly w: number
  readonly v: number
  readonly ms: number
  readonly n: string
  readonly k: string
}

const relax = (): void => cpuRelax()
const peek = (m: Int32Array, at: number): number => Atomics.load(m, at)
/** A back-off that keeps its count in an object. */
class Backoff {
  n = 1
  spin(): void {
    for (let i = 0; i < this.n; i++) cpuRelax()
    this.n *= 2
  }
}
const GIVEN = { relax, peek, choose, isControl, Backoff }

const BASIC = ({ w, v }: Parts): string[] => [
  `sum = sum * 2 + Atomics.load(m, ${w})`,
  `Atomics.store(m, ${w}, ${v})`,
  `sum = sum * 2 + Atomics.add(m, ${w}, 1)`,
  `sum = sum * 2 + Atomics.compareExchange(m, ${w}, ${v}, ${1 - v})`,
  `sum = sum * 2 + Atomics.exchange(m, ${w}, ${v})`,
]

const KINDS = {
  sleeps: ({ w, v }: Parts) => [
    `Atomics.wait(m, ${w}, ${v})`,
    `sum = sum * 2 + Atomics.notify(m, ${w}, 1)`,
    `Atomics.notify(m, ${w})`,
    `Atomics.store(m, ${w}, ${1 - v})\n Atomics.notify(m, ${w})`,
  ],
  timed: ({ w, v, ms, n }: Parts) => [
    `Atomics.wait(m, ${w}, ${v}, ${ms})`,
    `Atomics.wait(m, 3, 0, ${ms})\n Atomics.notify(m, ${w})`,
    `if (Atomics.wait(m, ${w}, ${v}, ${ms}) === 'timed-out') sum++`,
    `let ${n} = 0\n while (Atomics.load(m, ${w}) === ${v} && ${n} < 2) {\n ${n}++\n if (Atomics.wait(m, ${w}, ${v}, ${ms}) === 'ok') sum++ }`,
    `for (let ${n} = 0; ${n} < 2; ${n}++) if (Atomics.load(m, ${w}) === ${v}) { Atomics.wait(m, 3, 0, ${ms})\n sum++ }`,
  ],
  endless: ({ w, v, ms }: Parts) => [`while (Atomics.load(m, ${w}) === ${v}) Atomics.wait(m, 3, 0, ${ms})`],
  polls: ({ w, v, n, k }: Parts) => [
    `while (Atomics.load(m, ${w}) === ${v}) relax()`,
    `while (peek(m, ${w}) === ${v}) { relax() }`,
    `let ${n} = 0\n while (Atomics.load(m, ${w}) === ${v} && ${n} < 2) { ${n}++\n relax() }\n sum += ${n}`,
    `for (let ${n} = 0; ${n} < 3; ${n}++) { if (Atomics.load(m, ${w}) === ${v}) break\n relax() }`,
    `let ${n} = 0\n while (Atomics.compareExchange(m, ${w}, ${v}, ${1 - v}) !== ${v} && ${n} < 2) {\n for (let ${k} = 0; ${k} <= ${n}; ${k}++) relax()\n ${n}++ }`,
    `while (Atomics.load(m, ${w}) === ${v}) { while (Atomics.load(m, ${1 - w}) === ${v}) relax()\n relax() }`,
    `if (Atomics.load(m, ${w}) === ${v}) { relax()\n sum = sum * 2 + Atomics.load(m, ${w}) }`,
    `Atomics.store(m, ${w}, ${1 - v})\n Atomics.store(m, ${w}, ${v})`,
  ],
  clocks: ({ w, v, ms, n }: Parts) => [
    `const ${n} = performance.now() + 0.00${ms}\n while (Atomics.load(m, ${w}) === ${v} && performance.now() < ${n}) relax()`,
    `if (performance.now() > ${ms}) sum++`,
    `Atomics.wait(m, 3, 0, ${ms})\n if (performance.now() > 4) sum++`,
  ],
  plain: ({ w, n }: Parts) => [
    `m[2] = m[2] + 1`,
    `let ${n} = 0\n while (Atomics.exchange(m, 3, 1) !== 0 && ${n} < 2) ${n}++\n if (${n} < 2) { m[2] = m[2] + 1\n Atomics.store(m, 3, 0) }`,
    `sum = sum * 2 + m[${w}]`,
    `sum = sum * 2 + m[2]`,
  ],
  views: ({ w, v, n }: Parts) => [
    `const ${n} = new Uint8Array(m.buffer)\n ${n}[9] = ${n}[8] + 1`,
    `const ${n} = new Float32Array(m.buffer)\n ${n}[2] = ${v === 0 ? 'NaN' : '-0'}\n sum += Object.is(${n}[2], -0) ? 1 : 2`,
    `let ${n} = sum === ${v} ? -0 : NaN\n Atomics.add(m, ${w}, 1)\n if (1 / ${n} < 0) sum++`,
    `const ${n} = new BigInt64Array(m.buffer)\n sum += Number(Atomics.add(${n}, ${w}, 1n) & 3n)`,
    `const ${n} = new Int16Array(m.buffer)\n sum += Atomics.add(${n}, ${w}, 1)`,
    `const ${n} = new DataView(m.buffer)\n ${n}.setInt16(8, ${v})\n sum += ${n}.getInt8(9)`,
  ],
  objects: ({ w, v, n }: Parts) => [
    `const ${n} = { n: 0 }\n while (Atomics.load(m, ${w}) === ${v} && ${n}.n < 2) {\n ${n}.n++\n relax() }\n sum += ${n}.n`,
    `const ${n} = new Backoff()\n while (Atomics.compareExchange(m, ${w}, ${v}, ${1 - v}) !== ${v} && ${n}.n < 5) ${n}.spin()`,
  ],
  choices: () => [`sum = sum * 2 + choose(2)`],
  throws: ({ w, v, n }: Parts) => [
    `if (Atomics.load(m, ${w}) === ${v + 1}) throw new Error('no')`,
    `try { if (Atomics.add(m, ${w}, 1) === ${v}) throw new Error('x')\n sum++ } catch (${n}) { if (isControl(${n})) throw ${n}\n sum += 2 }`,
    `try { sum += Atomics.add(m, ${w}, 1) } catch (${n}) { if (isControl(${n})) throw ${n} }\n Atomics.load(m, ${1 - w})`,
  ],
  finally: ({ w, v }: Parts) => [
    `try { Atomics.add(m, ${w}, 1)\n Atomics.load(m, ${1 - w}) } finally { Atomics.store(m, ${w}, ${v}) }`,
  ],
}

/** Makes the texts of one program. */
class Author {
  readonly #dice: Dice
  readonly #shape: Shape
  #names = 0

  constructor(dice: Dice, shape: Shape) {
    this.#dice = dice
    this.#shape = shape
  }

  #of<T>(list: readonly T[]): T {
    return list[this.#dice.below(list.length)] as T
  }

  #statement(): string {
    const n = `n${this.#names++}`
    const parts = { w: this.#dice.below(2), v: this.#dice.below(2), ms: this.#of([5, 5, 1]), n, k: `k${n}` }
    const kind = this.#of(['basic', ...this.#shape.with, ...this.#shape.with] as const)
    const line = this.#of(kind === 'basic' ? BASIC(parts) : KINDS[kind](parts))
    return this.#dice.below(4) === 3 ? `if ((sum & 1) === 0) { ${line} }` : line
  }

  body(): string {
    const { length, rounds } = this.#shape
    const lines = Array.from({ length: 1 + this.#dice.below(length) }, () => this.#statement())
    const inside = lines.join('\n ')
    const body = rounds > 1 ? `for (let i = 0; i < ${rounds}; i++) {\n ${inside}\n sum = 0 }` : inside
    return `(m) => {\n let sum = 0\n ${body}\n Atomics.add(m, 4, sum * sum + sum) }`
  }
}

/** A random program; `ends` gets what the memory holds when an execution has ended. */
export function randomProgram(seed: number, shape: Shape, ends: Set<string>): Program {
  const author = new Author(new Dice(seed), shape)
  const make = (text: string): ((m: Int32Array) => void) =>
    // eslint-disable-next-line typescript/no-implied-eval -- the explorer reads the text of bodies
    new Function(...Object.keys(GIVEN), `return ${text}`)(...Object.values(GIVEN)) as (m: Int32Array) => void
  const one = make(author.body())
  const {
    cpus,
    alike,
    leaves = false,
    races = false,
    earlyTimeouts = 0,
    spurious = 0,
    maxSteps = 400,
  } = shape
  const threads = Array.from({ length: cpus }, (_, i) => (alike && i < 2 ? one : make(author.body())))
  const left: number[] = []
  const leaving = threads.map((body, i) => (m: Int32Array) => {
    left[i] = -1
    body(m)
    left[i] = Atomics.load(m, 4)
  })
  const finish = (m: Int32Array): void => void ends.add([...m, ...left].join())
  return {
    memory: 5,
    threads: leaves ? leaving : threads,
    races,
    earlyTimeouts,
    spuriousWakeups: spurious,
    maxSteps,
    finish,
  }
}
