/**
 * Files of the user's, which may stand where a name may stand. What is wrong with one is bad usage: one line, exit code 2.
 */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { within } from '../base/within.ts'
import { placeOf, whatIsThrown, type FileRef, type KindName } from '../define/brought.ts'
import { loadFile } from '../define/load.ts'
import { ShapeError } from '../define/shape.ts'
import { WorkerThread } from '../machine/worker_thread.ts'
import { FLOOR } from '../results/storm.ts'
import { isPath } from '../define/is_path.ts'
import { hosts } from './leave.ts'
import { UsageError } from './usage.ts'

const PROBE = new URL('../../workers/probe_file.js', import.meta.url)
const OURS = new URL('../../../package.json', import.meta.url)
/** Longest import. */
const IMPORT_MS = 20_000

/** Two copies of this package are two kernels: a file that uses another one would run on a machine that is not there. */
function otherCopy(file: string): string | undefined {
  if (!/['"]lockstorm\//.test(readFileSync(file, 'utf8'))) return undefined
  try {
    const theirs = createRequire(file).resolve('lockstorm/package.json')
    if (realpathSync(theirs) === realpathSync(fileURLToPath(OURS))) return undefined
    return `it imports another copy of lockstorm, ${dirname(theirs)}: run that one's command`
  } catch {
    return 'it imports lockstorm, which is not installed where the file lies: npm install lockstorm there, or npm link lockstorm'
  }
}

/** What is wrong with loading it; '' if nothing. */
async function probe(ref: FileRef | Pick<FileRef, 'url'>): Promise<string> {
  const thread = new WorkerThread({ entry: PROBE, inherits: true })
  try {
    return await within(
      IMPORT_MS,
      thread.run<string>(ref),
      () => `its import has not ended after ${IMPORT_MS / 1000} s`,
    )
  } catch (error) {
    const { message, stack = '' } = error as Error
    if (/exited with code/.test(message)) return 'it ends its thread at import'
    return `it leaves a promise rejected at import: ${whatIsThrown(error)}${placeOf(stack, [ref])}`
  } finally {
    await thread.end()
  }
}

/** Whether a word names a file that brings locks; names, files of models and what is no file are left to who knows models. @throws UsageError */
export async function kindOfFile(word: string): Promise<'lock' | 'model'> {
  const file = resolve(word)
  if (!isPath(word) || !isFile(file)) return 'model'
  const said = otherCopy(file) ?? (await probe({ url: pathToFileURL(file).href }))
  if (said !== 'lock' && said !== 'model') throw new UsageError(`${word}: ${said}`)
  return said
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ?? false
}

/**
 * Loads a file. Returns the names of what it brings.
 * @param isTaken true for a name of ours
 * @throws UsageError that says which field, what was expected and what it is
 */
export async function bring(
  kind: KindName,
  path: string,
  isTaken: (name: string) => boolean = () => false,
): Promise<readonly string[]> {
  const file = resolve(path)
  if (!isFile(file)) {
    throw new UsageError(`${path}: ${existsSync(file) ? 'it is no file' : 'there is no such file'}`)
  }
  const ref = { kind, url: pathToFileURL(file).href }
  const why = otherCopy(file) ?? (await probe(ref))
  if (why !== '') throw new UsageError(`${path}: ${why}`)
  hosts(path)
  try {
    return await loadFile(ref, isTaken)
  } catch (error) {
    if (error instanceof ShapeError) throw new UsageError(`${path}: ${error.message}`)
    throw new UsageError(`${path}: it throws at import: ${whatIsThrown(error)}`)
  }
}

/** Names of strategies, those that files bring among them. @throws UsageError */
export async function strategiesOfWords(words: readonly string[]): Promise<readonly string[]> {
  const names: string[] = []
  for (const word of words) {
    if (!isPath(word)) {
      names.push(word)
      continue
    }
    const { strategyNamed } = await import('../mdev/strategies.ts')
    const isTaken = (name: string): boolean =>
      strategyNamed(name) !== undefined || name === FLOOR || name === 'all'
    names.push(...(await bring('strategy', word, isTaken)))
  }
  return names
}

interface StrategyFlags {
  readonly strategies?: readonly string[] | undefined
  readonly strategy?: string | undefined
  readonly baseline?: string | undefined
}

/** The same flags, with names where files stood. @throws UsageError */
export async function withStrategies<F extends StrategyFlags>(flags: F): Promise<F> {
  const one = async (word: string | undefined): Promise<string | undefined> =>
    word === undefined ? undefined : (await strategiesOfWords([word]))[0]
  const { strategies, strategy, baseline } = flags
  const named = strategies === undefined ? undefined : await strategiesOfWords(strategies)
  return { ...flags, strategies: named, strategy: await one(strategy), baseline: await one(baseline) }
}
