/**
 * Litmus tests: programs of two or three steps per thread, whose outcomes tell what a memory model allows.
 *
 * Words     x and y, 0 at first. A read keeps its value as `thread:r0`, `thread:r1`; `[x]` is the word at the end.
 * Modes     each step is plain or goes through Atomics (sequentially consistent; ECMAScript has no third order).
 * Weak      an outcome that no interleaving of the steps gives. With Atomics alone such an outcome is forbidden. With plain
 *           steps ECMAScript allows it, unless an atomic pair orders them all the same: then the test says `ordered`.
 * Source    ECMA-262, 29 "Memory Model"; the names are those of the literature (J. Alglave et al.) and of the kernel's tests
 */

/** One step of a thread. */
export interface Step {
  readonly word: 'x' | 'y'
  /** Value that it writes; absent: it reads. */
  readonly value?: 1 | 2
  readonly atomic: boolean
}

/** A program, with its modes chosen. */
export interface Litmus {
  /** `SB+plain` */
  readonly name: string
  readonly summary: string
  readonly threads: readonly (readonly Step[])[]
  /** Words whose last value is part of the outcome. */
  readonly final: readonly ('x' | 'y')[]
  /** Weak outcomes are forbidden. */
  readonly ordered: boolean
}

interface Family {
  readonly name: string
  readonly summary: string
  /** Steps by thread: `x=1` writes, `x` reads. */
  readonly threads: readonly string[]
  readonly final?: readonly ('x' | 'y')[]
  /** Further mixes: name, and a letter (p, a) per step of each thread; true if they order as Atomics do. */
  readonly mixes?: readonly (readonly [string, readonly string[], boolean])[]
}

const FAMILIES: readonly Family[] = [
  {
    name: 'SB',
    summary: 'store buffering: each writes its word, then reads the other’s',
    threads: ['x=1 y', 'y=1 x'],
    mixes: [
      ['atomic-loads', ['pa', 'pa'], false],
      ['atomic-stores', ['ap', 'ap'], false],
    ],
  },
  {
    name: 'MP',
    summary: 'message passing: data, then a flag; whoever sees the flag reads the data',
    threads: ['x=1 y=1', 'y x'],
    mixes: [['atomic-flag', ['pa', 'ap'], true]],
  },
  {
    name: 'LB',
    summary: 'load buffering: each reads a word, then writes the other',
    threads: ['x y=1', 'y x=1'],
  },
  {
    name: 'IRIW',
    summary: 'two write, two read in opposite orders: do they agree who was first?',
    threads: ['x=1', 'y=1', 'x y', 'y x'],
  },
  {
    name: 'R',
    summary: 'two writes against a write and a read',
    threads: ['x=1 y=1', 'y=2 x'],
    final: ['y'],
  },
  {
    name: 'S',
    summary: 'a write after the flag was seen: is it the later one?',
    threads: ['x=2 y=1', 'y x=1'],
    final: ['x'],
    mixes: [['atomic-flag', ['pa', 'ap'], true]],
  },
  {
    name: '2+2W',
    summary: 'two write both words in opposite orders: can both first writes win?',
    threads: ['x=1 y=2', 'y=1 x=2'],
    final: ['x', 'y'],
  },
]

function step(text: string, mode: string): Step {
  const [word, value] = text.split('=')
  return {
    word: word as 'x' | 'y',
    atomic: mode === 'a',
    ...(value !== undefined && { value: Number(value) as 1 | 2 }),
  }
}

function litmus(
  { name, summary, threads, final = [] }: Family,
  mix: string,
  modes: readonly string[],
  ordered: boolean,
): Litmus {
  return {
    name: `${name}+${mix}`,
    summary,
    threads: threads.map((text, t) => text.split(' ').map((one, i) => step(one, modes[t]?.[i] ?? 'p'))),
    final,
    ordered,
  }
}

function variants(family: Family): Litmus[] {
  const all = (letter: string): string[] => family.threads.map(() => letter.repeat(2))
  return [
    litmus(family, 'plain', all('p'), false),
    ...(family.mixes ?? []).map(([mix, modes, ordered]) => litmus(family, mix, modes, ordered)),
    litmus(family, 'atomics', all('a'), true),
  ]
}

/** Names of the families. */
export const LITMUS_FAMILIES: readonly string[] = FAMILIES.map(({ name }) => name)
/** Every program in every mix of modes. */
export const LITMUS: readonly Litmus[] = FAMILIES.flatMap(variants)

/** The tests that a name stands for: one, or all of a family; none if there is no such name. */
export function litmusNamed(name: string): Litmus[] {
  return LITMUS.filter((one) => one.name === name || one.name.startsWith(`${name}+`))
}

/** The program as text: `x=1; Atomics.load(y) ‖ …`. */
export function programText({ threads }: Litmus): string {
  const one = ({ word, value, atomic }: Step): string => {
    if (value === undefined) return atomic ? `Atomics.load(${word})` : word
    return atomic ? `Atomics.store(${word}, ${value})` : `${word} = ${value}`
  }
  return threads.map((steps) => steps.map(one).join('; ')).join(' ‖ ')
}
