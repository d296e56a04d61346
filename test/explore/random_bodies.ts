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
  /** A check after each step, which fails where both words are 1. */
  readonly invariant?: boolean
  /** Word 1 is 1 from the start. */
  readonly setup?: boolean
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
  /** One of several; only what is asked for is drawn, so that the seeds of older kinds mean what they always have. */
  readonly of: <T>(list: readonly T[]) => T
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

const INTEGERS = ['Int8', 'Uint8', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64'] as const
const FLOATS = [
  'Float32',
  'Float64',
  ...('Float16Array' in globalThis ? (['Float16'] as const) : []),
] as const
const VIEWS = [...INTEGERS, ...FLOATS, 'Uint8Clamped'] as const
const OPERATIONS = ['add', 'sub', 'and', 'or', 'xor', 'exchange', 'load', 'store', 'compareExchange'] as const

/** A number as an element of a view takes it. */
const literal = (view: string, v: number): string => (view.startsWith('Big') ? `${v}n` : `${v}`)

/** An atomic operation on the first or third element of a view: those of many sizes overlap. */
function atomicOn({ v, n, of }: Parts): string {
  const view = of(INTEGERS)
  const op = of(OPERATIONS)
  const operand = literal(view, of([v, 1, 3]))
  const second = { load: '', compareExchange: `, ${literal(view, v)}, ${operand}` }
  const rest = op in second ? second[op as keyof typeof second] : `, ${operand}`
  const at = view.startsWith('Big') ? 0 : of([0, 2])
  const masked = `Number(BigInt(Atomics.${op}(${n}, ${at}${rest})) & 3n)`
  return `const ${n} = new ${view}Array(m.buffer)\n sum = sum * 2 + ${masked}`
}

/** A plain write and a read of elements of a view, or by a DataView, at bytes that others write too. */
function plainOn({ v, n, of }: Parts): string {
  const view = of(VIEWS)
  const at = view.includes('64') ? 1 : of([2, 3])
  return `const ${n} = new ${view}Array(m.buffer)\n ${n}[${at}] = ${literal(view, v + 1)}\n sum += Number(${n}[${at}]) > 1 ? 2 : 1`
}

function dataViewOf({ v, n, of }: Parts): string {
  const view = of([...INTEGERS, ...FLOATS])
  const [at, little] = [of([6, 8, 9]), of(['', ', true'])]
  const set = `${n}.set${view}(${at}, ${literal(view, v + 1)}${little})`
  return `const ${n} = new DataView(m.buffer)\n ${of([set, set, ''])}\n sum += Number(${n}.get${view}(${at}${little})) > 1 ? 2 : 1`
}

/** Methods of typed arrays, whose accesses are steps one by one. */
const METHODS = [
  'fill(1, 0, 1).length',
  'copyWithin(0, 1, 2).length',
  'set([1], 0)',
  'subarray(0, 1).at(0)',
  'slice(0, 1).length',
  'indexOf(1)',
  'includes(1)',
  'reverse().length',
  'sort().length',
  'reduce((a, b) => a + b)',
  'buffer.slice(8, 12).byteLength',
] as const

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
  atomics: (parts: Parts) => [atomicOn(parts)],
  plainViews: (parts: Parts) => [plainOn(parts)],
  dataViews: (parts: Parts) => [dataViewOf(parts)],
  methods: ({ of }: Parts) => [`sum += Number(m.subarray(2, 4).${of(METHODS)}) > 0 ? 1 : 0`],
  counts: ({ w, v, n, ms, of }: Parts) => [
    `sum = sum * 2 + Atomics.notify(m, ${w}, ${of([0, 2, 'undefined'])})`,
    `const ${n} = new BigInt64Array(m.buffer)\n if (Atomics.wait(${n}, 0, ${v}n, ${ms}) === 'ok') sum++`,
    `const ${n} = new BigInt64Array(m.buffer)\n sum += Atomics.notify(${n}, 0)`,
    `if (Atomics.wait(m, ${w}, ${v}, 0) === 'not-equal') sum++`,
  ],
  pauses: ({ w, v }: Parts) => [
    `while (Atomics.load(m, ${w}) === ${v}) Atomics.pause()`,
    `Atomics.pause(1)\n sum += Atomics.isLockFree(4) ? 1 : 0`,
  ],
  chance: () => [
    `sum += Math.random() < 0.5 ? 1 : 0`,
    `sum += crypto.getRandomValues(new Uint8Array(1))[0] & 1`,
  ],
  now: ({ w, v, ms, n }: Parts) => [
    `const ${n} = Date.now()\n Atomics.wait(m, ${w}, ${v}, ${ms})\n if (Date.now() - ${n} > 4) sum++`,
    `Atomics.wait(m, 3, 0, ${ms})\n if (Number(process.hrtime.bigint() / 1000000n) > 4) sum++`,
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
    const of = <T>(list: readonly T[]): T => this.#of(list)
    const parts = { w: this.#dice.below(2), v: this.#dice.below(2), ms: of([5, 5, 1]), n, k: `k${n}`, of }
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
    invariant = false,
    setup = false,
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
  const both = (m: Int32Array): void => {
    if (m[0] === 1 && m[1] === 1) throw new Error('both')
  }
  return {
    memory: 6,
    ...(invariant && { invariant: both }),
    ...(setup && { setup: (m: Int32Array) => void Atomics.store(m, 1, 1) }),
    threads: leaves ? leaving : threads,
    races,
    earlyTimeouts,
    spuriousWakeups: spurious,
    maxSteps,
    finish,
  }
}
