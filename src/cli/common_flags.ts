/**
 * Flags that several commands have: one word, one meaning.
 *
 *   --duration   how long something runs · --rounds  how often it is measured · --repeat  how often the very same is run again
 *   --strategies which locking strategies (strategy_flags.ts) · --jobs  cores to work on · --json, --write  files
 */
import { file, integer, time } from './kinds.ts'
import { maybe, on, one, type Extras, type Flag, type Flags } from './flag.ts'

const MOST_SEED = 0xffff_ffff
const MOST_RUNS = 1_000_000

/** `--json`, which every command has. */
export const json = maybe(
  file('stdout'),
  '<file>',
  'write the result there as JSON; -: to stdout, and tables to stderr',
)

/** `--junit`, of commands that judge. */
export const junit = maybe(
  file(),
  '<file>',
  'write what was judged there as JUnit XML, which CI services show',
)

/** A page of docs/. */
export const write = (page: string, extras: Extras): Flag<string | undefined> =>
  maybe(file(), '<file>', `write the page ${page} there`, extras)

/** A timeline. */
export const trace = (help: string, extras: Extras = {}): Flag<string | undefined> =>
  maybe(
    file(),
    '<file>',
    `write ${help} there as a timeline that Perfetto, speedscope and others open`,
    extras,
  )

export const seed = one(integer(0, MOST_SEED), '<n>', '1', 'seed of every random choice')

/** How long, in milliseconds. */
export const duration = (usual: string, help: string, extras: Extras = {}): Flag<number> =>
  one(time(1, '24h'), '<time>', usual, help, extras)

/** How often the very same is run again. */
export const repeat = (help: string, extras: Extras = {}): Flag<number> =>
  one(integer(1, MOST_RUNS), '<n>', '1', help, extras)

/** Detectors in the machines of a command that runs in either build. */
export const detectors = (extras: Extras = {}) =>
  ({
    lockdep: on('checked build: validate the order of locks; a report is a finding (exit code 1)', extras),
    lockStat: on('checked build: print what locks cost, as /proc/lock_stat does', extras),
  }) satisfies Flags
