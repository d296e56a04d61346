/**
 * Where figures come from, in words.
 */
import { unusualPriority } from '../../results/priority.ts'
import type { Source } from './document.ts'

/** Lines that say what made a section: command, file, machine. */
export function sourceText({ file, schema, env, command }: Source): string[] {
  const commit =
    env?.commit === undefined || env.commit === null
      ? ''
      : `commit ${env.commit.slice(0, 12)}${env.commit.endsWith('-dirty') ? ' with changes' : ''}`
  const load =
    env?.load === undefined || env.load.before === null
      ? ''
      : `load ${env.load.before.toFixed(1)} before, ${env.load.after.toFixed(1)} after`
  const steal = (env?.steal ?? 0) > 0.005 ? `${(100 * (env?.steal ?? 0)).toFixed(1)} % stolen` : ''
  const machine = [
    env?.node === undefined ? '' : `Node ${env.node}`,
    env?.cores === undefined ? '' : `${env.cores} cores of ${env.cpuModel ?? 'an unknown processor'}`,
    env?.virtualised === true ? 'virtual' : '',
    env?.governor === undefined || env.governor === null ? '' : `governor ${env.governor}`,
    unusualPriority(env?.priority),
    load,
    steal,
    env?.date?.slice(0, 16).replace('T', ' ') ?? '',
  ]
  const what = [`${file} (${schema})`, commit]
  const listed = (texts: readonly string[]): string => texts.filter((text) => text !== '').join(' · ')
  return [command ?? '', listed(what), listed(machine)].filter((text) => text !== '')
}

/** What stands below every page. */
export function plain(): string {
  return 'Written by lockstorm report. Nothing on this page is loaded from elsewhere. Times are of the machine that is named above them.'
}
