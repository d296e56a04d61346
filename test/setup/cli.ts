import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { resolve } from 'node:path'
import { afterAll, vi } from 'vitest'
import { asked, type Asked } from '#lockstorm/cli/command_line'
import { Interrupt } from '#lockstorm/cli/interrupt'
import { runLine } from '#lockstorm/cli/run_line'

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
/** Wide enough for every table, so that tests see all columns. */
const env = (): NodeJS.ProcessEnv => ({ ...process.env, COLUMNS: '240' })
/** A sign of life, which a slow machine makes a run give. */
const SIGN = /^lockstorm: .* \(running for \d+ s\)\n/gm
/** The same without them. */
export const withoutSigns = (text: string): string => text.replaceAll(SIGN, '')

/** A test whose time is up leaves its program running, on the cores that the next one wants: it ends with the file. */
const running = new Set<ChildProcessWithoutNullStreams>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

function started(args: readonly string[], childEnv: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, args, { env: childEnv })
  running.add(child)
  child.on('close', () => running.delete(child))
  return child
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line; resolves when the process is gone, with all of its threads. */
export function lockstorm(...args: string[]): Promise<Ended> {
  return lockstormAt(240, ...args)
}

/** The same on a page of so many columns; undefined: nothing says how many. */
export function lockstormAt(columns: number | undefined, ...args: string[]): Promise<Ended> {
  const { COLUMNS: _, ...rest } = process.env
  const env = { ...rest, ...(columns !== undefined && { COLUMNS: String(columns) }) }
  return new Promise((done) => {
    const child = started([main, ...args], env)
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', (data: Buffer) => (out.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => (out.stderr += data.toString()))
    child.on('close', (code) => {
      done({ code, stdout: out.stdout, stderr: withoutSigns(out.stderr) })
    })
  })
}

/** Runs the command line and sends it a signal once its output matches `ready`. */
export function interrupted(ready: RegExp, signal: NodeJS.Signals, ...args: string[]): Promise<Ended> {
  return new Promise((done) => {
    const child = started([main, ...args], env())
    const out = { stdout: '', stderr: '' }
    let sent = false
    child.stdout.on('data', (data: Buffer) => {
      out.stdout += data.toString()
      if (!sent && ready.test(out.stdout)) sent = child.kill(signal)
    })
    child.stderr.on('data', (data: Buffer) => (out.stderr += data.toString()))
    child.on('close', (code) => {
      done({ code, stdout: out.stdout, stderr: withoutSigns(out.stderr) })
    })
  })
}

/** Tells on stderr when the process listens for signals. */
const LISTENS = 'listens for signals\n'
const TELL = `process.on('newListener', (name) => { if (name === 'SIGINT') process.stderr.write(${JSON.stringify(LISTENS)}) })`

/** Runs the command line and sends it a signal, to it alone, as soon as it listens for one. */
export function interruptedAtOnce(signal: NodeJS.Signals, ...args: string[]): Promise<Ended> {
  const preload = `data:text/javascript,${encodeURIComponent(TELL)}`
  return new Promise((done) => {
    const child = started([`--import=${preload}`, main, ...args], env())
    const out = { stdout: '', stderr: '' }
    let sent = false
    child.stdout.on('data', (data: Buffer) => (out.stdout += data.toString()))
    child.stderr.on('data', (data: Buffer) => {
      out.stderr += data.toString()
      if (!sent && out.stderr.includes(LISTENS)) sent = child.kill(signal)
    })
    child.on('close', (code) => {
      done({ code, stdout: out.stdout, stderr: out.stderr.replaceAll(LISTENS, '') })
    })
  })
}

/** What a command line comes to, without a process and without running it. @throws UsageError */
export async function understood(...words: string[]): Promise<Asked> {
  const what = await asked(words, 100)
  if (what === undefined) throw new Error(`${words.join(' ')} asks for help only`)
  return what
}

/**
 * Runs a line that is refused, or only computes, in this process: starting one costs a second. Not beside another test of the file.
 */
export function here(...words: string[]): Promise<Ended> {
  return hereAt(240, ...words)
}

/** The same on a page of so many columns. */
export async function hereAt(columns: number, ...words: string[]): Promise<Ended> {
  const out = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      out[name] += String(text)
      return true
    }),
  )
  vi.stubEnv('COLUMNS', String(columns))
  const interrupt = new Interrupt()
  try {
    const code = await runLine(words, interrupt)
    return { code, stdout: out.stdout, stderr: withoutSigns(out.stderr) }
  } finally {
    interrupt.end()
    vi.unstubAllEnvs()
    for (const spy of spies) spy.mockRestore()
  }
}
