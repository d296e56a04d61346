/**
 * `--strategies`, of commands that run the kernel under several: whoever loads this file loads the strategies.
 */
import { ALL_STRATEGIES, KNOWN_STRATEGIES } from '../storm/workloads/mdev/strategies.ts'
import { maybeList, namesOr, type Extras, type Flag } from './flag.ts'
import { orFile } from './kinds.ts'

export { ALL_STRATEGIES, KNOWN_STRATEGIES }

const CONTROLS = KNOWN_STRATEGIES.filter((name) => !ALL_STRATEGIES.includes(name))

/** Which strategies. `help` says what the command does with them, and with none. */
export const strategies = (help: string, extras: Extras = {}): Flag<readonly string[] | undefined> =>
  maybeList(
    orFile(namesOr(KNOWN_STRATEGIES, ALL_STRATEGIES)),
    '<a,b|all>',
    `${help}: any of ${KNOWN_STRATEGIES.join(', ')}; all: those without ${CONTROLS.join(' and ')}; or a file of yours that brings one`,
    extras,
  )
