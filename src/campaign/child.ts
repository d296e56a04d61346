/**
 * Runs one unit in a process of its own, which ends when this one does, however this one ends: its standard input is a pipe from
 * here, and when that closes it kills itself (workers/unit.ts).
 *
 * Ends   with exit code 0 or 1 the command has come to a result. With 3 it has if it found something: a hang of what is tortured
 *        is a finding. Everything else is the fault of the machine: the unit is to be tried again.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, devNull } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UNIT_SCHEMA, type Unit, type UnitResult } from '../results/campaign.ts'
import { findingsOf } from './findings.ts'

const ENTRY = fileURLToPath(new URL('../../workers/unit.js', import.meta.url))
const BUSY = fileURLToPath(new URL('../../workers/busy.js', import.meta.url))
/** Kept of what it says on stderr, characters. */
const SAID = 2_000
/** After so many times its estimate, and some seconds, it is taken to hang. */
const PATIENCE = 10
const PATIENCE_S = 600
const BAD_USAGE = 2

/** Where and for whom a unit runs. */
export interface Place {
  /** Folder of its own, for what is half done. */
  readonly folder: string
  /** Name of who runs it, as results tell it. */
  readonly worker: string
  readonly signal: AbortSignal
  /** The words as they are on this machine: files of the user's lie somewhere. */
  readonly wordsHere: (unit: Unit) => readonly string[]
}

/** What came of a try: a result, or why there is none. */
export type Tried = UnitResult | Nothing

/** Why a try came to nothing. `hopeless`: another would come to nothing too. */
export interface Nothing {
  readonly why: string
  readonly interrupted: boolean
  readonly hopeless: boolean
}

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly said: string
  readonly late: boolean
}

function ended(child: ChildProcess, limitS: number, signal: AbortSignal): Promise<Ended> {
  let said = ''
  let late = false
  child.stderr?.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-SAID)))
  const stop = (): void => void child.kill('SIGINT')
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  const timer = setTimeout(() => {
    late = true
    child.kill('SIGKILL')
  }, limitS * 1000)
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', stop)
    }
    child.once('error', (error) => {
      end()
      reject(error)
    })
    child.once('close', (code, how) => {
      end()
      resolve({ code, signal: how, said, late })
    })
  })
}

/** Keeps the machine busy. @returns what ends that */
function busy(perCore: number): () => void {
  const all = Array.from({ length: perCore * availableParallelism() }, () =>
    spawn(process.execPath, [BUSY], { stdio: ['pipe', 'ignore', 'ignore'] }),
  )
  return () => {
    for (const one of all) one.kill('SIGKILL')
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as unknown
  } catch {
    return null
  }
}

/** Annotations and pages are the campaign's to write. */
function environmentOf(): NodeJS.ProcessEnv {
  const { GITHUB_ACTIONS: _, NODE_V8_COVERAGE: _2, ...rest } = process.env
  return { ...rest, NO_COLOR: '1' }
}

/** Runs it once. */
export async function runUnit(unit: Unit, place: Place, attempt: number): Promise<Tried> {
  const { worker, signal, wordsHere } = place
  const folder = resolve(place.folder)
  const json = join(folder, `${unit.id}.${process.pid}.json`)
  const started = performance.now()
  const args = [ENTRY, ...wordsHere(unit), '--json', json]
  const env = environmentOf()
  // Not 'ignore', which opens it to read and write: a command takes that for a stdout that was closed.
  const nowhere = openSync(devNull, 'w')
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['pipe', nowhere, 'pipe'] })
  closeSync(nowhere)
  const rest = unit.load > 0 ? busy(unit.load) : () => {}
  try {
    const end = await ended(child, unit.seconds * PATIENCE + PATIENCE_S, signal)
    const tookS = (performance.now() - started) / 1000
    return judged(unit, end, readJson(json), { tookS, worker, attempt })
  } finally {
    rest()
    rmSync(json, { force: true })
  }
}

function judged(
  unit: Unit,
  { code, signal, said, late }: Ended,
  result: unknown,
  by: Pick<UnitResult, 'tookS' | 'worker' | 'attempt'>,
): Tried {
  const why = (what: string): Nothing => ({
    why: what,
    interrupted: code === 130 || signal === 'SIGINT',
    hopeless: code === BAD_USAGE,
  })
  const last = said.trim().split('\n').at(-1) ?? ''
  if (late) return why(`it did not end within ${(unit.seconds * PATIENCE + PATIENCE_S).toFixed(0)} s`)
  if (code === null) return why(`it was ended by ${signal}`)
  if (code !== 0 && code !== 1 && code !== 3) return why(`it ended with exit code ${code}: ${last}`)
  const found = code === unit.expect ? [] : findingsOf(unit, code, result)
  if (code === 3 && found.length === 0) return why(`it ended with exit code 3: ${last}`)
  // A control that hangs has been caught.
  const ok = code === unit.expect || (code === 3 && unit.expect === 1)
  const findings = ok ? [] : found
  return { schema: UNIT_SCHEMA, unit, code, ok, findings, ...by, date: new Date().toISOString(), result }
}
