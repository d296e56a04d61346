/**
 * The commands by name, in the order of the help. A command's module is loaded only when it is asked for.
 */
import type { CommandSpec } from '../command.ts'

/** What each command does, in a line of the help. */
export const SUMMARIES = {
  storm: 'create and remove all devices at once, under every locking strategy: what does each cost?',
  scenario:
    'force a race of the mailing-list threads under a locking strategy, and compare with what is expected',
  explore: 'run small programs under every interleaving: exhausted without a failure, or the ladder of one',
  torture: 'torture a lock, a reference count or a grace period, as locktorture and rcutorture do',
  bench: 'measure single operations: alone, contended, against others',
  compare: 'judge two sides of results: is anything slower, or broken that was not?',
  report: 'one page of results: charts, tables, ladders, for a browser, paper or a mail',
  conformance: 'compare the strategy modern with what was recorded from a 6.1 kernel',
  litmus: 'run small racing programs many times: which outcomes are seen, how often, which are forbidden?',
  lockdep: 'run a lock pattern of the mailing-list threads under the lock validator, and print its report',
  mount: 'mount the emulated sysfs, so that real programs such as mdevctl create and remove devices in it',
  shell:
    'sit down at a machine: files of /sys, commands that run on CPUs of their own, who waits for which lock',
  top: 'look at runs while they run: what each CPU does, and who waits for whom',
  playground: 'edit a small program in a page of the browser, explore it, step through what breaks it',
  selftest: "print the kernel's locking self-test grid for our locks and our lockdep",
  campaign: 'run many commands on many machines, and add up what they found',
} as const

export type CommandName = keyof typeof SUMMARIES

/** Names of all commands. */
export const COMMAND_NAMES = Object.keys(SUMMARIES) as CommandName[]

/** The command of a name. */
export async function commandNamed(name: CommandName): Promise<CommandSpec> {
  const url = new URL(`./${name}.js`, import.meta.url)
  const module = (await import(url.href)) as { readonly spec: CommandSpec }
  return module.spec
}
