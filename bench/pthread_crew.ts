/**
 * glibc's pthread_mutex_t as a contender: compiles bench/c/pthread_crew.c when a C compiler is there, and talks to it.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expectCount, roundOf, type Round, type Rounds, type Share } from './rounds.ts'

// From dist/bench to the sources.
const source = fileURLToPath(new URL('../../bench/c/pthread_crew.c', import.meta.url))
const COMPILERS = ['cc', 'gcc', 'clang']

const compiler = (): string | undefined =>
  COMPILERS.find((name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0)

/** '' when it can be built here, otherwise the reason why not. */
export function pthreadUnavailable(): string {
  if (!existsSync(source)) return 'comes with the sources only'
  return compiler() === undefined ? `needs a C compiler (${COMPILERS.join(', ')})` : ''
}

/** Threads of the C program. */
export class PthreadCrew implements Rounds {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #folder: string

  private constructor(folder: string, program: string) {
    this.#folder = folder
    this.#child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    const out = this.#child.stdout
    if (out === null) throw new Error('the C program has no output')
    this.#lines = createInterface({ input: out })[Symbol.asyncIterator]()
  }

  /** Builds and starts the program. Throws with the compiler's words when it does not build. */
  static async start(): Promise<PthreadCrew> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstorm-'))
    const program = join(folder, 'pthread_crew')
    await promisify(execFile)(compiler() ?? 'cc', ['-O2', '-pthread', '-o', program, source])
    return new PthreadCrew(folder, program)
  }

  async round(active: number, ops: number, steps: number): Promise<Round> {
    const { pairs, counted } = await this.#ask('round', active, ops, steps)
    expectCount(counted, active * ops)
    return roundOf(
      pairs.map(([start]) => start),
      pairs.map(([, end]) => end),
    )
  }

  async timed(active: number, ms: number, steps: number): Promise<Share[]> {
    const { pairs, counted } = await this.#ask('timed', active, ms, steps)
    const shares = pairs.map(([ops, longest]) => ({ ops: Number(ops), longestNs: Number(longest) }))
    expectCount(
      counted,
      shares.reduce((sum, { ops }) => sum + ops, 0),
    )
    return shares
  }

  async #ask(
    what: 'round' | 'timed',
    active: number,
    amount: number,
    steps: number,
  ): Promise<{ pairs: [bigint, bigint][]; counted: number }> {
    this.#child.stdin?.write(`${what} ${active} ${amount} ${steps}\n`)
    const pairs: [bigint, bigint][] = []
    for (let i = 0; i < active; i++) {
      const [first = '0', second = '0'] = (await this.#line()).split(' ')
      pairs.push([BigInt(first), BigInt(second)])
    }
    return { pairs, counted: Number((await this.#line()).split(' ')[1]) }
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next()
    if (next.done === true) throw new Error('the C program ended early')
    return next.value
  }

  stop(): Promise<void> {
    this.#child.stdin?.end()
    rmSync(this.#folder, { recursive: true, force: true })
    return Promise.resolve()
  }
}
