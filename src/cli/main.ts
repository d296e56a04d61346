#!/usr/bin/env node
/**
 * lockstorm: finds the command and runs it. Commands are the files of commands/, each exporting `register`; only the one
 * that is asked for is loaded.
 *
 * Exit codes   0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { UsageError } from './usage.ts'

const EXAMPLES = `
Examples:
  lockstorm storm                                  all strategies, 128 devices on 8 GPUs
  lockstorm storm --strategies global,srcu --vendor sleep:1ms --json run.json
  lockstorm help storm

Exit codes: 0 as expected, 1 a finding, 2 bad usage, 3 the run itself broke`

const folder = new URL('./commands/', import.meta.url)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => file.slice(0, -3))

function version(): string {
  const file = new URL('../../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

/** The command asked for; all of them when none is, or when it is unknown. */
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
  const line = text
    .replace(/^error: /, '')
    .split('\n')
    .join(' ')
  process.stderr.write(`lockstorm: ${line}\n`)
}

// Whoever reads our output may stop reading: `lockstorm torture all | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : 3)
})

try {
  const argv = process.argv.slice(2)
  const main = await program(argv)
  if (argv.length === 0) main.outputHelp()
  else await main.parseAsync(argv, { from: 'user' })
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.exitCode !== 0) complain(error.message)
    process.exitCode = error.exitCode === 0 ? 0 : 2
  } else if (error instanceof UsageError) {
    complain(error.message)
    process.exitCode = 2
  } else {
    process.stderr.write(`lockstorm: ${(error as Error).stack ?? String(error)}\n`)
    process.exitCode = 3
  }
}
