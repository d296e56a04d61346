/**
 * Words that the shell does itself: those about jobs, and those that look at the machine from outside, which work however stuck
 * it is.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { findWaitCycle, waitCycleReport, waitsForDead, deadOwnerReport } from '../debug/hung_task/index.ts'
import { findings } from '../debug/findings.ts'
import { lockStats } from '../debug/lock_stat/report.ts'
import { parseDuration } from '../base/duration.ts'
import { counted } from '../base/plural.ts'
import { within } from '../base/within.ts'
import { COST_HOLD } from '../drivers/cost.ts'
import { SERVING } from '../live/cpu.ts'
import { seeLocks, seeTasks, type SeenTask } from '../machine/look.ts'
import { OPERATIONS } from '../live/words/index.ts'
import { STRATEGIES, strategyNamed } from '../mdev/strategies.ts'
import { lockStatTables } from '../report/lock_text.ts'
import { COST_SYNTAX, costWords, parseCost } from '../storm/workloads/mdev/vendor.ts'
import { HELP, helpOn } from './help.ts'
import type { Job } from './jobs.ts'
import { Exit, type Builtin, type Shell } from './shell.ts'

function misuse({ terminal }: Shell, usage: string): number {
  terminal.err(`usage: ${usage}`)
  return 2
}

function refused({ terminal }: Shell, why: string): number {
  terminal.err(why)
  return 1
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

const cd: Builtin = async (shell, [path = '/sys', ...more]) => {
  if (more.length > 0) return misuse(shell, 'cd [PATH]')
  const to = shell.resolve(path)
  const { status } = await shell.ask({ word: 'enter', args: [to] }, `cd ${path}`)
  if (status === 0) shell.cwd = to
  return status
}

const jobs: Builtin = (shell) => {
  for (const job of shell.jobs.all()) {
    if (job.end !== undefined) shell.tell(job)
    else
      shell.terminal.out(
        `[${job.id}] CPU ${job.cpu}, ${seconds(performance.now() - job.started)}  ${job.text}\n`,
      )
  }
  return 0
}

/** A job by `%n`, or by the number of its CPU. */
function jobOf(shell: Shell, word: string): Job | undefined {
  const [, sign = '', digits = ''] = /^(%?)(\d+)$/.exec(word) ?? []
  if (digits === '') return undefined
  return sign === '%' ? shell.jobs.get(Number(digits)) : shell.jobs.on(Number(digits))
}

const wait: Builtin = async (shell, args) => {
  const times = args.filter((word) => !word.startsWith('%'))
  const ms = times[0] === undefined ? Infinity : parseDuration(times[0])
  if (ms === undefined || times.length > 1) return misuse(shell, 'wait [%JOB…] [TIME]')
  const named = args.filter((word) => word.startsWith('%')).map((word) => jobOf(shell, word))
  if (named.includes(undefined)) return refused(shell, 'wait: there is no such job; jobs lists them')
  const all = named.length > 0 ? (named as Job[]) : shell.jobs.all()
  await within(ms, Promise.all(all.map(({ ended }) => ended)), () => {})
  // What has ended has said so by now.
  await new Promise(setImmediate)
  const left = all.filter(({ end }) => end === undefined)
  for (const job of all) if (job.end !== undefined && shell.jobs.get(job.id) === job) shell.tell(job)
  for (const job of left) shell.terminal.out(`[${job.id}] still runs on CPU ${job.cpu}  ${job.text}\n`)
  if (left.length > 0) return 1
  return all.find((job) => job.end?.status !== 0)?.end?.status ?? 0
}

const LOOK_MS = 20
/** So many looks must show the same. */
const SETTLED = 3

/**
 * Until nothing moves: every job has ended, or sleeps and was seen to sleep on the same thing before. One that was woken and has not run
 * yet, or for which another CPU still works, only seems to.
 */
const settle: Builtin = async (shell, args) => {
  if (args.length > 0) return misuse(shell, 'settle')
  const picture = (): string | undefined => {
    const cpus = new Set(shell.jobs.running().map(({ cpu }) => cpu))
    const tasks = seeTasks(shell.machine.view).filter(({ cpu }) => cpus.has(cpu))
    const asleep = tasks.every(({ state }) => state === 'S' || state === 'D' || state === 'X')
    return asleep
      ? JSON.stringify(tasks.map(({ cpu, heartbeat, waits, owners }) => [cpu, heartbeat, waits, owners]))
      : undefined
  }
  for (let before: string | undefined, same = 0; same < SETTLED;) {
    await pause(LOOK_MS)
    const now = shell.machine.sleeps() ? picture() : undefined
    same = now !== undefined && now === before ? same + 1 : 0
    before = now
  }
  return 0
}

const kill: Builtin = async (shell, args) => {
  const [word] = args.filter((one) => !/^-\w+$/.test(one))
  if (word === undefined) return misuse(shell, 'kill %JOB|CPU')
  const job = jobOf(shell, word)
  if (job === undefined || job.end !== undefined) return refused(shell, `kill: ${word}: there is no such job`)
  shell.machine.signal(job.cpu)
  return 0
}

/** Text of what a task does. */
function doing(shell: Shell, task: SeenTask): string {
  if (task.state === 'X') return shell.machine.dead.get(task.cpu)?.split('\n')[0] ?? ''
  const job = shell.jobs.on(task.cpu)
  return job?.text ?? (task.state === 'I' ? '' : (OPERATIONS[task.op] ?? ''))
}

const cpus = (list: readonly number[]): string => list.map((cpu) => `CPU ${cpu}`).join(', ')

const ps: Builtin = (shell) => {
  const tasks = seeTasks(shell.machine.view)
  const shown = tasks.filter(
    ({ cpu, state }) => cpu >= SERVING && (state !== 'I' || shell.jobs.on(cpu) !== undefined),
  )
  const rows = shown.map((task) => {
    const job = shell.jobs.on(task.cpu)
    return [
      String(task.cpu),
      // A job that its CPU has not looked at yet is about to run.
      task.state === 'I' ? 'R' : task.state,
      job === undefined ? '' : `%${job.id}`,
      doing(shell, task),
      task.waits,
      cpus(task.owners),
      task.where,
      task.holds.join(', '),
    ]
  })
  const head = ['CPU', 'S', 'job', 'command', 'waits for', 'held by', 'in', 'holds']
  const idle = shell.machine.cpus - SERVING - shown.length
  if (shown.length > 0)
    shell.terminal.show({ head, rows, left: 8, wrap: ['command', 'waits for', 'holds'], drop: ['in'] })
  shell.terminal.show(`${counted(idle, 'CPU')} idle, ${SERVING} that serve interrupts and work`)
  return 0
}

const locks: Builtin = (shell) => {
  const rows = seeLocks(shell.machine.view).map(({ name, holders, waiters }) => [
    name,
    cpus(holders),
    cpus(waiters),
  ])
  if (rows.length === 0) shell.terminal.show('No lock is held.')
  else
    shell.terminal.show({
      head: ['lock', 'held by', 'waited for by'],
      rows,
      left: 3,
      wrap: ['held by', 'waited for by'],
    })
  return 0
}

const dmesg: Builtin = (shell, args) => {
  if (args.some((word) => word !== '-c')) return misuse(shell, 'dmesg [-c]')
  for (const { timeNs, text } of shell.kernel.log(shell.machine.view, args.includes('-c'))) {
    const whole = Math.floor(timeNs / 1e9)
    const rest = Math.floor((timeNs % 1e9) / 1e3)
    shell.terminal.out(`[${String(whole).padStart(5)}.${String(rest).padStart(6, '0')}] ${text}\n`)
  }
  return 0
}

const reports: Builtin = (shell) => {
  const found = findings(shell.machine.view)
  if (found.length === 0) shell.terminal.show('Nothing was reported.')
  for (const { text } of found) shell.terminal.out(`${text.replace(/^\n/, '')}\n`)
  return found.length > 0 ? 1 : 0
}

const lockstat: Builtin = (shell) => {
  shell.terminal.show(...lockStatTables(lockStats(shell.machine.view)))
  return 0
}

const hung: Builtin = (shell) => {
  const { view, dead } = shell.machine
  const cycle = findWaitCycle(view)
  const orphans = waitsForDead(view, (cpu) => dead.has(cpu))
  for (const wait of orphans) shell.terminal.out(`${deadOwnerReport(view, wait)}\n`)
  if (cycle !== undefined) shell.terminal.out(`${waitCycleReport(view, cycle).replace(/^\n/, '')}\n`)
  else if (orphans.length === 0) shell.terminal.show('No tasks wait for each other.')
  return cycle === undefined && orphans.length === 0 ? 0 : 1
}

function showEvents(shell: Shell): void {
  for (const { env } of shell.kernel.events(shell.machine.view)) shell.terminal.out(`${env.join(' ')}\n`)
}

const uevents: Builtin = (shell, [word, ...more]) => {
  if (more.length > 0 || ![undefined, 'on', 'off'].includes(word)) return misuse(shell, 'uevents [on|off]')
  showEvents(shell)
  if (word !== undefined) shell.kernel.watch(word === 'on' ? () => showEvents(shell) : undefined)
  return 0
}

const cost: Builtin = async (shell, args) => {
  const usage = `cost [create|remove] COST, COST ${COST_SYNTAX}; or hold: until there is another cost`
  const which = args[0] === 'create' || args[0] === 'remove' ? args[0] : undefined
  const [text = '', ...more] = which === undefined ? args : args.slice(1)
  const parsed = text === 'hold' ? undefined : parseCost(text)
  if ((parsed === undefined && text !== 'hold') || more.length > 0) return misuse(shell, usage)
  const words = parsed === undefined ? [COST_HOLD, 0, 0] : costWords(parsed)
  const order = { word: 'cost', args: [which ?? 'both', ...words.map(String)] }
  return (await shell.ask(order, `cost ${args.join(' ')}`)).status
}

const strategy: Builtin = async (shell, [name, ...more]) => {
  const names = STRATEGIES.map((one) => one.name).join(', ')
  if (more.length > 0) return misuse(shell, 'strategy [NAME]')
  if (name === undefined) {
    shell.terminal.show(`${shell.machine.plan.strategy}; others: ${names}`)
    return 0
  }
  if (strategyNamed(name) === undefined)
    return refused(shell, `strategy: ${name}: the strategies are ${names}`)
  await shell.reboot({ ...shell.machine.plan, strategy: name })
  return 0
}

const help: Builtin = ({ terminal }, [word]) => {
  if (word !== undefined) {
    const found = helpOn(word)
    if (found.length > 0) terminal.show({ pairs: found })
    else terminal.err(`help: ${word}: there is no such word`)
    return found.length > 0 ? 0 : 1
  }
  for (const [subject, pairs] of Object.entries(HELP))
    terminal.show(`${subject}:`, { pairs: pairs.map(([usage, does]) => [`  ${usage}`, does]) })
  terminal.show(`Other commands of lockstorm, on machines of their own: ${terminal.commands.join(', ')}`)
  return 0
}

const history: Builtin = ({ history: lines, terminal }) => {
  for (const [i, line] of lines.entries()) terminal.out(`${String(i + 1).padStart(5)}  ${line}\n`)
  return 0
}

const exit: Builtin = (shell, [word, ...more]) => {
  const status = word === undefined ? shell.status : Number(word)
  if (!Number.isInteger(status) || status < 0 || status > 255 || more.length > 0)
    return misuse(shell, 'exit [STATUS], 0 to 255')
  throw new Exit(status)
}

/** By name. */
export const BUILTINS: Readonly<Record<string, Builtin>> = {
  cd,
  pwd: ({ cwd, terminal }) => {
    terminal.out(`${cwd}\n`)
    return 0
  },
  jobs,
  wait,
  settle,
  kill,
  ps,
  locks,
  dmesg,
  reports,
  lockstat,
  hung,
  uevents,
  cost,
  strategy,
  help,
  history,
  exit,
}
