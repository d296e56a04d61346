/**
 * `--strategies`, of commands that run the kernel under several: whoever loads this file loads the strategies.
 */
import { BUSTED, STRATEGIES } from '../mdev/strategies.ts'
import { maybeList, namesOr, type Extras, type Flag } from './flag.ts'
import { orFile } from './kinds.ts'

/** Strategies of history and ours: what `all` stands for. */
export const ALL_STRATEGIES: readonly string[] = STRATEGIES.map(({ name }) => name)
/** The controls too. */
export const KNOWN_STRATEGIES: readonly string[] = [...ALL_STRATEGIES, ...BUSTED.map(({ name }) => name)]

/** Which strategies. `help` says what the command does with them, and with none. */
export const strategies = (help: string, extras: Extras = {}): Flag<readonly string[] | undefined> =>
  maybeList(
    orFile(namesOr(KNOWN_STRATEGIES, ALL_STRATEGIES)),
    '<a,b|all>',
    `${help}: any of ${KNOWN_STRATEGIES.join(', ')}; all: those without ${BUSTED.map(({ name }) => name).join(' and ')}; or a file of yours that brings one`,
    extras,
  )
