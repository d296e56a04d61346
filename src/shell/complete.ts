/**
 * What Tab offers: words where a command begins, names of the machine's files behind it.
 */
import { within } from '../base/within.ts'
import { LIVE_MODULES } from '../live/modules.ts'
import { STRATEGIES } from '../mdev/strategies.ts'
import { WORDS } from './help.ts'
import type { Shell } from './shell.ts'

/** How long Tab may take: the directory may be locked by a job. */
const PATIENCE_MS = 1000

/** Completions of words that are no paths. */
function fixed(shell: Shell, word: string): readonly string[] | undefined {
  if (word === 'insmod' || word === 'rmmod') return LIVE_MODULES.map(({ name }) => name)
  if (word === 'strategy') return STRATEGIES.map(({ name }) => name)
  if (word === 'help') return WORDS
  if (word === 'kill' || word === 'wait') return shell.jobs.running().map(({ id }) => `%${id}`)
  return undefined
}

/** Names that begin like the last word of `before`, and that word: as readline wants it. */
export async function complete(shell: Shell, before: string): Promise<[string[], string]> {
  const [, head = '', last = ''] = /^(.*?)(\S*)$/s.exec(before) ?? []
  const command =
    head
      .split(/&&|\|\||[;&]/)
      .at(-1)
      ?.trim() ?? ''
  const [word = ''] = command.split(/\s+/)
  if (command === '' || (word === 'time' && command === 'time'))
    return fit([...WORDS, ...shell.terminal.commands], last)
  const names = fixed(shell, word)
  if (names !== undefined) return fit(names, last)
  const cut = last.lastIndexOf('/') + 1
  const directory = shell.resolve(last.slice(0, cut) || '.')
  const found = await inTime(shell, directory)
  const [fits] = fit(found, last.slice(cut))
  return [fits.map((name) => `${last.slice(0, cut)}${name}`), last]
}

function fit(names: readonly string[], begin: string): [string[], string] {
  return [
    names.filter((name) => name.startsWith(begin)).map((name) => (name.endsWith('/') ? name : `${name} `)),
    begin,
  ]
}

async function inTime(shell: Shell, directory: string): Promise<readonly string[]> {
  const none: readonly string[] = []
  const silent = { out: () => {}, err: () => {} }
  const job = shell.jobs.start(
    shell.machine,
    { word: 'names', args: [directory] },
    `Tab in ${directory}`,
    silent,
  )
  if (job === undefined) return none
  const end = await within(PATIENCE_MS, job.ended, () => undefined)
  void job.ended.then(() => shell.jobs.forget(job))
  return (end?.gave as string[] | undefined) ?? none
}
