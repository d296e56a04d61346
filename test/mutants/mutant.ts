/**
 * What a mutant is: one small mistake in the sources, and the check that must see it.
 */

/** A check that a mutant is shown to: a command in the mutated copy of the tree. */
export interface Oracle {
  readonly kind: 'explorer' | 'test' | 'torture' | 'storm' | 'scenario' | 'conformance' | 'self-test'
  /** What is run, as the table shows it. */
  readonly label: string
  /** Arguments of node, paths relative to the tree. */
  readonly argv: readonly string[]
  /** Exit codes that mean "seen". 0 is always "not seen"; any other code is an oracle that broke. */
  readonly seen: readonly number[]
  /** Time limit in seconds. */
  readonly limitS: number
  /** True if to run past the limit is to see it: the mutant makes something hang, and nothing else reports that. */
  readonly hangs: boolean
}

/** A change of one place. */
export interface Edit {
  readonly find: string
  readonly replace: string
}

/** A mistake that a person could have made. */
export interface Mutant extends Edit {
  readonly name: string
  /** Relative to the root of the repository. `find` is exact text that occurs there once. */
  readonly file: string
  /** Further changes of the same file, which the first one needs: an import. */
  readonly also?: readonly Edit[]
  /** What goes wrong, in one sentence. */
  readonly breaks: string
  /** The check that must see it, or the proof that nothing can: the program means the same with the change. */
  readonly oracle: Oracle | { readonly equivalent: string }
}
