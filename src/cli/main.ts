#!/usr/bin/env node
/**
 * lockstorm: finds the command and runs it. Commands are the files of commands/, each exporting `register`; only the one
 * that is asked for is loaded.
 *
 * Exit codes   0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { didYouMean, UsageError } from './usage.ts'

const EXAMPLES = `
Examples:
  lockstorm storm                                  all strategies, 128 devices on 8 GPUs
  lockstorm scenario problem-5                     one race of the mails, under every strategy
  lockstorm explore mutex                          every interleaving of two CPUs that take a mutex
  lockstorm storm --help                           flags and examples; so for every command

Exit codes: 0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke, 130 interrupted with nothing found so far`

const folder = new URL('./commands/', import.meta.url)
/** Help has these first, then the others by name. */
const FIRST = ['storm', 'scenario', 'explore', 'torture']
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))
const names = [...new Set([...FIRST, ...files])]

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** @throws UsageError if the first word, or what help is wanted for, is no command */
function mustBeKnown([first = '--help', second = '--help']: readonly string[]): void {
  const asked = first === 'help' ? second : first
  if (asked.startsWith('-') || names.includes(asked)) return
  throw new UsageError(
    `${asked}: there is no such command; wanted one of ${names.join(', ')}${didYouMean(asked, names)}`,
  )
}

/** The command asked for; all of them when none is. */
async function program(argv: readonly string[]): Promise<Command> {
  const main = new Command('lockstorm')
    .description(
      'A kernel-style driver core on real threads: storm its locking strategies, read the numbers.',
    )
    .version(version())
    .addHelpText('after', EXAMPLES)
    .showSuggestionAfterError()
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
  const wanted = names.find((name) => name === argv[0])
  for (const name of wanted === undefined ? names : [wanted]) {
    const module = (await import(new URL(`${name}.js`, folder).href)) as { register(main: Command): void }
    module.register(main)
  }
  return main
}

/** One line on stderr. */
function complain(text: string): void {
  process.stderr.write(`lockstorm: ${text.split('\n').join(' ')}\n`)
}

/** What commander found wrong with the words of a command. */
function wrongWords({ code, message }: CommanderError, command: Command | undefined): string {
  const surplus = command?.args.slice(command.registeredArguments.length) ?? []
  const what =
    code === 'commander.excessArguments' && surplus.length > 0
      ? `${command?.name() ?? ''}: too many words: ${surplus.join(' ')}`
      : message.replace(/^error: /, '')
  return `${what}; see ${['lockstorm', command?.name() ?? ''].join(' ').trim()} --help`
}

// Whoever reads our output may stop reading: `lockstorm torture all | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') complain(`cannot write to stdout: ${error.message}`)
  process.exit(error.code === 'EPIPE' ? 0 : 3)
})

let asked: Command | undefined
try {
  const argv = process.argv.slice(2)
  mustBeKnown(argv)
  const main = await program(argv)
  asked = main.commands.find((command) => command.name() === argv[0])
  if (argv.length === 0) main.outputHelp()
  else await main.parseAsync(argv, { from: 'user' })
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) complain(wrongWords(error, asked))
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof UsageError) {
    complain(error.message)
    process.exitCode = 2
  } else {
    // A full disk is nobody's bug: its message says all.
    const { syscall, message, stack } = error as NodeJS.ErrnoException
    process.stderr.write(`lockstorm: ${syscall === undefined ? (stack ?? String(error)) : message}\n`)
    process.exitCode = 3
  }
}
