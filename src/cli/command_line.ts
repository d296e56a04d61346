/**
 * From the words of a command line to what was asked for, or to the one line that says what is wrong with them. Runs nothing.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { pageWidth, render } from '../report/page.ts'
import { COMMAND_NAMES, commandNamed, SUMMARIES } from './commands/index.ts'
import { declare, partedWords, type Asked, type CommandSpec } from './command.ts'
import { didYouMean, shown, UsageError } from './usage.ts'

export type { Asked } from './command.ts'

const NOTES = `
"The mails" are the mailing-list threads about mdev, the kernel's framework of mediated devices, from 2017 to 2021: what they
argue about is what this project runs.`

const EXITS =
  'Exit codes: 0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted with nothing found so far.'

/** Of a page that is not shown. */
const WIDTH = 100

const EXAMPLES = [
  ['  lockstorm storm', 'all strategies, 128 devices on 8 GPUs'],
  ['  lockstorm scenario problem-5', 'one race of the mails, under every strategy'],
  ['  lockstorm explore mutex', 'every interleaving of two CPUs that take a mutex'],
  ['  lockstorm storm --help', 'flags and examples; so for every command'],
] as const

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The command itself, without what it can do: enough for its help. */
function mainCommand(width: number): Command {
  const text = NOTES.trim().replaceAll('\n', ' ')
  const blocks = ['', { prose: text }, '', { prose: EXITS }, '', 'Examples:', { pairs: EXAMPLES }]
  const main = new Command('lockstorm')
    .description(
      'A kernel-style driver core on real threads: storm its locking strategies, read the numbers.',
    )
    .version(version())
    .configureHelp({ helpWidth: width, minWidthToWrap: 20 })
    .configureOutput({ outputError: () => undefined, getOutHelpWidth: () => width })
    .exitOverride()
    .addHelpText('after', render(blocks, { width, colour: false }).trimEnd())
  for (const name of COMMAND_NAMES) main.command(name).description(SUMMARIES[name])
  return main
}

/** What commander found wrong with the words, in one line. */
function whatIsWrong(
  { code, message }: CommanderError,
  spec: CommandSpec,
  words: readonly string[],
  surplus: readonly string[],
): UsageError {
  const old = words.find((word) => spec.renamed?.[word] !== undefined)
  const line = `lockstorm ${spec.name}`
  if (code === 'commander.unknownOption' && old !== undefined) {
    return new UsageError(`unknown option ${old}: it is ${spec.renamed?.[old]} now; see ${line} --help`)
  }
  if (code === 'commander.excessArguments' && surplus.length > 0) {
    return new UsageError(`${spec.name}: too many words: ${surplus.map(shown).join(' ')}; see ${line} --help`)
  }
  const text = message.replace(/^error: /, '').replaceAll('\n', ' ')
  return new UsageError(`${text}; see ${line} --help`)
}

function isHelp({ code }: CommanderError): boolean {
  return code.startsWith('commander.help') || code === 'commander.version'
}

/** What stands before `--` and behind it, for a command that has something to do with what stands there. */
function divided(
  spec: CommandSpec,
  all: readonly string[],
): [words: readonly string[], rest: readonly string[]] {
  const at = spec.rest === undefined ? -1 : all.indexOf('--')
  if (at < 0) return [all, []]
  const rest = all.slice(at + 1)
  if (rest.length === 0)
    throw new UsageError(`--: wanted ${spec.rest} behind it; see lockstorm ${spec.name} --help`)
  return [all.slice(0, at), rest]
}

/** What a command's words come to; undefined where help was asked for, and given. @throws UsageError */
function understood(spec: CommandSpec, all: readonly string[], width: number): Asked | undefined {
  const [words, rest] = divided(spec, all)
  let asked: Asked | undefined
  parse(
    declare(spec, width, (what) => (asked = { ...what, rest })),
    spec,
    words,
  )
  return asked
}

/** Has commander read the words; who asked for help has been given it. @throws UsageError */
function parse(made: Command, spec: CommandSpec, words: readonly string[]): void {
  try {
    made.parse(partedWords(spec, words), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (isHelp(error)) return
    throw whatIsWrong(error, spec, words, made.args.slice(made.registeredArguments.length))
  }
}

/** The command, or one below it. */
function below(spec: CommandSpec, words: readonly string[], width: number): Asked | undefined {
  if (spec.subcommands !== undefined && words[0] === 'help')
    return below(spec, [...words.slice(1), '--help'], width)
  const sub = spec.subcommands?.find(({ name }) => name === `${spec.name} ${words[0]}`)
  return sub === undefined ? understood(spec, words, width) : understood(sub, words.slice(1), width)
}

/**
 * A parser for many command lines: each command is declared once. Help and the version are not asked for.
 * The function throws UsageError.
 */
export function parserOf(): (words: readonly string[]) => Promise<Asked> {
  const known = new Map<CommandSpec, (words: readonly string[]) => Asked>()
  return async ([first = '', ...rest]) => {
    const name = COMMAND_NAMES.find((one) => one === first)
    if (name === undefined) throw unknown(first)
    const whole = await commandNamed(name)
    const sub = whole.subcommands?.find((one) => one.name === `${name} ${rest[0]}`)
    const spec = sub ?? whole
    const parse = known.get(spec) ?? parsing(spec)
    // A line that is refused leaves its words behind: the next one is parsed anew.
    known.delete(spec)
    const asked = parse(sub === undefined ? rest : rest.slice(1))
    known.set(spec, parse)
    return asked
  }
}

/** Parses lines of one command. */
function parsing(spec: CommandSpec): (words: readonly string[]) => Asked {
  let asked: Asked | undefined
  const made = declare(spec, WIDTH, (what) => (asked = { ...what, rest: [] }))
  return (words) => {
    asked = undefined
    parse(made, spec, words)
    if (asked === undefined) throw new UsageError(`${spec.name} ${words.join(' ')}: it asks for help only`)
    return asked
  }
}

/** What was asked for; undefined where help or the version was, and has been given. @throws UsageError */
export async function asked(
  words: readonly string[],
  width = pageWidth(process.stdout.columns),
): Promise<Asked | undefined> {
  const [first = '--help', second] = words
  // `lockstorm help storm` is `lockstorm storm --help`.
  if (first === 'help' && second !== undefined) return asked([...words.slice(1), '--help'], width)
  const name = COMMAND_NAMES.find((one) => one === first)
  if (name !== undefined) return below(await commandNamed(name), words.slice(1), width)
  if (first === 'help' || first === '--help' || first === '-h') {
    mainCommand(width).outputHelp()
    return undefined
  }
  if (first === '--version' || first === '-V') {
    process.stdout.write(`${version()}\n`)
    return undefined
  }
  throw unknown(first)
}

/** A word that is no command. */
function unknown(first: string): UsageError {
  const shown = first === '' ? "''" : first
  const what = first.startsWith('-') ? 'unknown flag' : 'unknown command'
  return new UsageError(
    `${what} ${shown}: wanted one of ${COMMAND_NAMES.join(', ')}${didYouMean(first, COMMAND_NAMES)}; see lockstorm --help`,
  )
}
