/**
 * The language of the self-test's cases: a word per step, `LA LB UB UA`.
 *
 *   L U   take, give back, as the column says     I   initialise again
 *   R r   take for reading, give back             W w   take for writing, give back
 *
 * A letter names a class and a digit one lock of it (`X1`, `X2`); without a digit there is one lock. Y is a plain lock, spin or
 * mutex, beside the reader-writer lock X.
 */
/** What a step does. */
export type Action = 'lock' | 'unlock' | 'read' | 'read unlock' | 'write' | 'write unlock' | 'init'

/** One step on one lock. */
export interface Step {
  readonly action: Action
  /** Class: A to D, X to Z. */
  readonly class: string
  /** Lock of the class. */
  readonly lock: string
}

const ACTIONS: Readonly<Record<string, Action>> = {
  L: 'lock',
  U: 'unlock',
  R: 'read',
  r: 'read unlock',
  W: 'write',
  w: 'write unlock',
  I: 'init',
}

/** Steps of a script. Throws for a word that is none. */
export function parse(script: string): Step[] {
  return script.split(' ').map((step) => {
    const action = ACTIONS[step[0] ?? '']
    const name = step[1]
    if (action === undefined || name === undefined) throw new SyntaxError(`'${step}' is no step`)
    return { action, class: name, lock: step.slice(1) }
  })
}

/** `ordered('AB', 'BA')`: sections that take these locks in order and give them back. */
export function ordered(...sections: string[]): string {
  return sections
    .map((section) => {
      const locks = Array.from(section)
      return [...locks.map((lock) => `L${lock}`), ...locks.toReversed().map((lock) => `U${lock}`)].join(' ')
    })
    .join(' ')
}

const CLASSES: Readonly<Record<string, string>> = { 1: 'P', 2: 'Q', 3: 'T' }

/** `readers('W1R2', 'R2W3')`: sections that take reader-writer locks 1 to 3 so, in order, and give them back. */
export function readers(...sections: string[]): string {
  return sections
    .map((section) => {
      const taken = Array.from(section.matchAll(/([RW])([123])/g), ([, mode = '', digit = '']) => ({
        mode,
        name: CLASSES[digit] ?? '',
      }))
      const unlock = taken.toReversed().map(({ mode, name }) => `${mode.toLowerCase()}${name}`)
      return [...taken.map(({ mode, name }) => `${mode}${name}`), ...unlock].join(' ')
    })
    .join(' ')
}
