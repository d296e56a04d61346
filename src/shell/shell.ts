/**
 * The shell: a machine, where one is in it, and what a line does.
 *
 * Status    0 well, 1 the kernel refused, 2 used wrongly, 3 a task died, 127 no such word; of `storm` and its like, their exit code.
 * Context   the main thread, which never blocks: what may sleep runs on a CPU of the machine.
 */
import { posix } from 'node:path'
import type { LivePlan } from '../live/boot.ts'
import { LiveMachine, type LiveEnd, type LiveSink } from '../live/machine.ts'
import { SERVING } from '../live/cpu.ts'
import { seeLocks, seeTasks } from '../machine/look.ts'
import { publishMachine, type SeenMachine } from '../machine/published.ts'
import { LIVE_WORDS } from '../live/words/index.ts'
import { Files } from './files.ts'
import { Jobs, type Job, type Order } from './jobs.ts'
import { Kernel } from './kernel.ts'
import { operands } from './operands.ts'
import { parse, ParseError, type Command, type Word } from './parse.ts'
import { expandPattern, isPattern } from './pattern.ts'
import type { Terminal } from './terminal.ts'
import { Variables } from './variables.ts'

/** A word that the shell does itself: its status. */
export type Builtin = (shell: Shell, args: readonly string[]) => number | Promise<number>

/** What ends a shell before its last line. */
export class Exit {
  readonly status: number

  constructor(status: number) {
    this.status = status
  }
}

/** Words that are for the shell itself, not for its users. */
const HIDDEN = ['store', 'enter', 'names', 'signal', 'cost']
const MISUSED = 2
const UNKNOWN = 127
/** After so many milliseconds a job that a signal has not ended is left to itself: where it sleeps, and where it runs on. */
const SIGNAL_MS = 700
const RUNS_MS = 5_000
const LOOK_MS = 100

/** See the head of this file. */
export class Shell {
  readonly terminal: Terminal
  readonly jobs: Jobs = new Jobs()
  readonly files: Files = new Files()
  readonly kernel: Kernel = new Kernel()
  readonly history: string[] = []
  readonly variables: Variables = new Variables(() => this.status)
  readonly #cpus: number
  readonly #builtins: Readonly<Record<string, Builtin>>
  machine: LiveMachine
  cwd = '/sys'
  status = 0
  #front: Job | undefined

  private constructor(
    machine: LiveMachine,
    cpus: number,
    terminal: Terminal,
    builtins: Readonly<Record<string, Builtin>>,
  ) {
    this.machine = machine
    this.#cpus = cpus
    this.terminal = terminal
    this.#builtins = builtins
    publishMachine(() => this.#see())
  }

  /** Boots a machine and sits down at it. @throws LiveBootError */
  static async open(
    plan: LivePlan,
    cpus: number,
    terminal: Terminal,
    builtins: Readonly<Record<string, Builtin>>,
  ): Promise<Shell> {
    return new Shell(await LiveMachine.boot(plan, cpus), cpus, terminal, builtins)
  }

  /** As it is now, for who looks at runs. */
  #see(): SeenMachine {
    const { view, plan } = this.machine
    const tasks = seeTasks(view)
      .slice(SERVING)
      .map((task) => ({ ...task, doing: this.jobs.on(task.cpu)?.text ?? '' }))
    const creates = tasks.filter(
      ({ doing }) => doing.endsWith('/create') || doing.endsWith('/create &'),
    ).length
    return { name: plan.strategy, active: true, tasks, locks: seeLocks(view), creates }
  }

  /** Another machine; everything of the old one is gone. */
  async reboot(plan: LivePlan): Promise<void> {
    await this.machine.off()
    for (const job of this.jobs.all()) this.jobs.forget(job)
    this.files.clear()
    this.kernel.forget()
    this.cwd = '/sys'
    this.machine = await LiveMachine.boot(plan, this.#cpus)
  }

  /** Runs a line. Returns its status. @throws Exit where the line says so */
  async run(line: string): Promise<number> {
    if (line.trim() !== '') this.history.push(line)
    try {
      for (const command of parse(line)) {
        const skip =
          command.when === 'well' ? this.status !== 0 : command.when === 'failed' && this.status === 0
        if (!skip) this.status = await this.#command(command)
      }
    } catch (error) {
      if (!(error instanceof ParseError)) throw error
      this.terminal.err(error.message)
      this.status = MISUSED
    }
    return this.status
  }

  /** Ctrl-C: a signal for what runs in front. False if nothing does. */
  interrupt(): boolean {
    const job = this.#front
    if (job === undefined || job.end !== undefined) return false
    this.machine.signal(job.cpu)
    let waited = 0
    const looks = setInterval(() => {
      waited += LOOK_MS
      const over = job.end !== undefined || this.#front !== job
      // On a busy computer a task that has been woken may take long to run.
      if (!over && (waited < SIGNAL_MS || (waited < RUNS_MS && !this.machine.sleeps(job.cpu)))) return
      clearInterval(looks)
      if (!over) this.#letGo?.()
    }, LOOK_MS)
    looks.unref()
    return true
  }

  #letGo: (() => void) | undefined

  /** Path as the kernel is asked for it. */
  resolve(path: string): string {
    return posix.resolve(this.cwd, path)
  }

  /** Gives a job to a CPU and waits for it. */
  async ask(order: Order, text: string, sink: LiveSink = this.terminal): Promise<LiveEnd> {
    const job = this.jobs.start(this.machine, order, text, sink)
    if (job === undefined) return this.#taken()
    this.#front = job
    const left = new Promise<undefined>((resolve) => {
      this.#letGo = () => resolve(undefined)
    })
    const end = await Promise.race([job.ended, left])
    this.#front = undefined
    if (end === undefined) {
      this.terminal.err(`no signal reaches it where it sleeps: it goes on as job %${job.id}`)
      void job.ended.then(() => this.#tellEnd(job))
      return { status: 1 }
    }
    this.jobs.forget(job)
    return end
  }

  #taken(): LiveEnd {
    this.terminal.err('every CPU is taken: wait for jobs, kill some, or reboot with strategy')
    return { status: 1 }
  }

  async #command(command: Command): Promise<number> {
    const [first = [], ...rest] = command.words
    if (rest.length === 0 && command.to === undefined && this.variables.assign(first)) return 0
    const words = (await Promise.all(command.words.map((word) => this.#expand(word)))).flat()
    const [name = '', ...args] = words
    if (name === 'time') return this.#timed(args, command)
    return this.#word(name, args, command)
  }

  /** A word with its variables put in, and the names that fit it if it is a pattern. */
  async #expand(word: Word): Promise<string[]> {
    const texts = word.map((piece) => ({ ...piece, text: this.variables.text(piece) }))
    const text = texts.map((piece) => piece.text).join('')
    if (!texts.some((piece) => !piece.quoted && isPattern(piece.text))) return [text]
    const list = async (path: string): Promise<string[]> => {
      const { gave } = await this.ask({ word: 'names', args: [path] }, text)
      return (gave as string[] | undefined) ?? []
    }
    const found = await expandPattern(this.resolve(text), list)
    if (found.length === 0) return [text]
    const prefix = this.cwd === '/' ? '/' : `${this.cwd}/`
    return text.startsWith('/') ? found : found.map((path) => path.replace(prefix, ''))
  }

  async #timed(args: readonly string[], command: Command): Promise<number> {
    const [name = '', ...rest] = args
    if (command.background) {
      this.terminal.err('time: jobs tells how long a job took')
      return MISUSED
    }
    const started = performance.now()
    const status = await this.#word(name, rest, command)
    this.terminal.err(`${((performance.now() - started) / 1000).toFixed(2)} s`)
    return status
  }

  async #word(name: string, args: readonly string[], command: Command): Promise<number> {
    const { to, background, text } = command
    if (to !== undefined && name !== 'echo') return this.#misused(`${name}: only echo writes into a file`)
    const builtin = this.#builtins[name]
    if (
      builtin !== undefined ||
      this.terminal.commands.includes(name) ||
      (name === 'echo' && to === undefined)
    ) {
      if (background) return this.#misused(`${name}: this is done by the shell itself, so it has no job`)
      if (builtin !== undefined) return builtin(this, args)
      if (name === 'echo') return this.#echo(args)
      return this.terminal.lockstorm([name, ...args])
    }
    const order = name === 'echo' ? await this.#store(args, to as Word) : this.#order(name, args)
    if (typeof order === 'number') return order
    return background ? this.#start(order, text) : this.#inFront(order, text)
  }

  #misused(why: string): number {
    this.terminal.err(why)
    return MISUSED
  }

  #echo(args: readonly string[]): number {
    this.terminal.out(`${args.join(' ')}\n`)
    return 0
  }

  async #store(args: readonly string[], to: Word): Promise<Order> {
    const [path = ''] = await this.#expand(to)
    return { word: 'store', args: [this.resolve(path), `${args.join(' ')}\n`] }
  }

  /** What a CPU is told; a status if it cannot be. */
  #order(name: string, args: readonly string[]): Order | number {
    if (LIVE_WORDS[name] === undefined || HIDDEN.includes(name)) {
      this.terminal.err(`${name}: there is no such word; help lists them`)
      return UNKNOWN
    }
    if (Files.WORDS.includes(name)) {
      const fd = Number(args[0])
      const file = this.files.get(fd)
      if (file === undefined)
        return this.#misused(`${name}: ${args[0] ?? 'FD'} is no open file; open gives one`)
      return { word: name, args: args.slice(1), file }
    }
    return { word: name, args: operands(name, args, this.cwd) }
  }

  async #inFront(order: Order, text: string): Promise<number> {
    const wait = order.word === 'close' ? this.files.closing(order) : undefined
    await wait
    const { status, gave } = await this.ask(order, text)
    if (status === 0) this.#done(order, gave)
    return status
  }

  /** Files that were opened or closed. */
  #done(order: Order, gave: unknown): void {
    if (order.word === 'close') this.files.drop(order.file)
    if (order.word !== 'open' && order.word !== 'guest') return
    const fd = this.files.add(gave)
    this.variables.set('FD', String(fd))
    this.terminal.out(`${fd}\n`)
  }

  #start(order: Order, text: string): number {
    if (['open', 'guest', 'close'].includes(order.word))
      return this.#misused(`${order.word}: a file belongs to the shell, so it is opened and closed in front`)
    const job = this.jobs.start(this.machine, order, text, this.terminal.live ? this.terminal : undefined)
    if (job === undefined) return this.#taken().status
    this.variables.set('!', String(job.id))
    this.terminal.out(`[${job.id}] on CPU ${job.cpu}\n`)
    if (order.file !== undefined) this.files.uses(order.file, job.ended)
    if (this.terminal.live) void job.ended.then(() => this.#tellEnd(job))
    return 0
  }

  #tellEnd(job: Job): void {
    if (this.jobs.get(job.id) === job) this.tell(job)
  }

  /** Says that a job has ended and what it printed. */
  tell(job: Job): void {
    for (const line of job.kept) this.terminal.out(line)
    const how = job.end?.status === 0 ? 'done' : `status ${job.end?.status}`
    this.terminal.out(`[${job.id}] ${how}  ${job.text}\n`)
    this.jobs.forget(job)
  }
}
