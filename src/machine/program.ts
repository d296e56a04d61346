/**
 * What a machine runs. A program is the export `program` of a module that every CPU loads by its URL, or what the module's
 * `programOf` makes of the query of that URL.
 *
 * Boot runs on CPU 0 alone; then every CPU attaches; from then on main sends commands, which all CPUs that take part run
 * at the same time and which exchange no messages.
 */
export interface Program {
  /** Names of what task.op may hold; index 0 is idle. */
  readonly operations: readonly string[]
  /** CPU 0, alone: makes everything in the arena. Returns 0 or a negative errno. */
  boot(arg: unknown): number
  /** Every CPU, after boot, each time it comes aboard: a worker may have served another machine in between. */
  attach?(cpu: number, arg: unknown): void
  /** One command on one CPU. On CPU 0 a result other than undefined is handed to main. */
  command(opcode: number, args: readonly number[], cpu: number): unknown
  /** For reports, on main: name of what a CPU sleeps on, or holds for reading (kind `reader`); '' if it does not know. */
  describe?(address: number, kind: string): string
  /** For reports, on main: the object of an operation (task.op_arg) in words. */
  describeArg?(op: number, arg: number): string
}

/** Sends a CPU away. */
export const OP_STOP = 0

/** What a program's module exports: the program, or what makes one of the query of the URL by which it is loaded. */
interface ProgramModule {
  readonly program?: Program
  programOf?(query: URLSearchParams): Program | Promise<Program>
}

/**
 * Loads the program of a URL. A module that serves several programs is handed the query: not every runtime keeps it in
 * `import.meta.url`.
 */
export async function loadProgram(url: string): Promise<Program> {
  const module = (await import(url)) as ProgramModule
  const program = module.program ?? (await module.programOf?.(new URL(url).searchParams))
  if (program === undefined) throw new Error(`no program in ${url}`)
  return program
}
