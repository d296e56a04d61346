/**
 * The kinds of oracle. Each is narrow and ends within seconds: a mutant is shown to one of them only.
 */
import type { Oracle } from './mutant.ts'

const MAIN = 'dist/src/cli/main.js'
const LIMIT_S = 120

/** How an oracle differs from its kind. */
export interface Differs {
  readonly limitS?: number
  readonly hangs?: boolean
  readonly seen?: readonly number[]
}

function command(kind: Oracle['kind'], args: string, differs: Differs): Oracle {
  return {
    kind,
    label: args,
    argv: [MAIN, ...args.split(' ')],
    seen: differs.seen ?? [1],
    limitS: differs.limitS ?? LIMIT_S,
    hangs: differs.hangs ?? false,
  }
}

/**
 * Models of the explorer: few preemptions first, then DPOR, then sampling, `budget` executions each in all. A model that must fail
 * sees a mutant by not failing, or by failing in another way.
 */
export function explore(names: string, budget = 16_000, differs: Differs = {}): Oracle {
  return command('explorer', `explore ${names} --jobs 1 --executions ${budget}`, differs)
}

/** The tests of one file whose names contain `name`. */
export function unit(file: string, name = '', differs: Differs = {}): Oracle {
  const only = name === '' ? [] : ['-t', name]
  return {
    kind: 'test',
    label: name === '' ? file : `${file} "${name}"`,
    argv: ['node_modules/vitest/vitest.mjs', 'run', file, '--no-cache', '--reporter=dot', ...only],
    seen: differs.seen ?? [1],
    limitS: differs.limitS ?? LIMIT_S,
    hangs: differs.hangs ?? false,
  }
}

/** One type of torture. A hang that its watchdog reports ends with 3, and counts as seen. */
export function torture(args: string, differs: Differs = {}): Oracle {
  return command('torture', `torture ${args}`, { seen: [1, 3], ...differs })
}

/** One storm. */
export function storm(args: string, differs: Differs = {}): Oracle {
  return command('storm', `storm ${args}`, { seen: [1, 3], ...differs })
}

/** One race under one strategy. */
export function scenario(args: string, differs: Differs = {}): Oracle {
  return command('scenario', `scenario ${args}`, differs)
}

/** The recorded sessions. */
export function conformance(differs: Differs = {}): Oracle {
  return command('conformance', 'conformance', differs)
}

/** The self-test of lockdep. */
export function selftest(differs: Differs = {}): Oracle {
  return command('self-test', 'selftest', differs)
}
