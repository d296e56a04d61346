/**
 * A command as data, and what makes a commander command of it: words in, plan out, help that fits the page.
 */
import { Command, Option } from 'commander'
import { render, type Block } from '../report/page.ts'
import { spelled } from '../base/spelled.ts'
import { readFlags, type Flag, type Flags, type Values } from './flag.ts'
import type { Session } from './session.ts'
import { UsageError } from './usage.ts'

/** A command line and what it does; commands that begin alike stand below each other. */
export type Example = readonly [line: string, what: string]

/** What runs a command: it gets what the words come to and gives back the exit code. `rest` is what stands behind `--`. @throws UsageError */
export type Run<V> = (
  session: Session,
  operands: readonly string[],
  values: V,
  rest: readonly string[],
) => Promise<number>

/** One command. */
export interface CommandSpec {
  readonly name: string
  readonly summary: string
  /** As the help shows them: `[names...]`. */
  readonly operands?: string
  /** A `--` among the operands is one of them: it parts two groups. */
  readonly parted?: true
  /** What may stand behind `--`, as the help shows it: `command...`. Without it, `--` only ends the flags. */
  readonly rest?: string
  readonly flags: Flags
  /** Prose between the flags and the exit codes. */
  readonly notes?: readonly Block[]
  readonly exits: string
  readonly examples: readonly Example[]
  /** Flags of older versions, and what to write now. */
  readonly renamed?: Readonly<Record<string, string>>
  readonly subcommands?: readonly CommandSpec[]
  /** Module beside this one, and its export, a `Run`: loaded when the command line has been understood. */
  readonly runs: readonly [module: string, name: string]
}

/** A command line that has been understood. */
export interface Asked {
  readonly spec: CommandSpec
  readonly operands: readonly string[]
  readonly values: Values<Flags>
  readonly rest: readonly string[]
}

function helpOf({ help, usual, goes, group }: Flag<unknown>): string {
  const told = goes === undefined || group !== undefined ? '' : ` (with ${goes.join(' or ')})`
  return `${help}${usual === undefined ? '' : `; default ${usual}`}${told}`
}

/** Examples: the line, and what it does beside it where there is room. */
function exampleBlocks(examples: readonly Example[], width: number): Block[] {
  const beside = examples.every(([line, what]) => line.length + 4 + Math.min(what.length, 30) <= width)
  if (beside) return [{ pairs: examples.map(([line, what]) => [`  ${line}`, what] as const) }]
  return examples.flatMap(([line, what]) => [
    ...continued(`  ${line}`, width),
    ...(what === '' ? [] : [`      ${what}`]),
  ])
}

/** A command line of any length, in lines that a shell puts together again. */
function continued(line: string, width: number): string[] {
  const words = line.trim().split(/ (?=(?:[^']*'[^']*')*[^']*$)/)
  const lines = ['']
  for (const word of words) {
    const last = lines.at(-1) as string
    const next = last === '' ? `  ${word}` : `${last} ${word}`
    if (last !== '' && next.length > width - 2) lines.push(`      ${word}`)
    else lines[lines.length - 1] = next
  }
  return lines.map((text, i) => (i < lines.length - 1 ? `${text} \\` : text))
}

function subcommandBlocks(subcommands: readonly CommandSpec[]): Block[] {
  if (subcommands.length === 0) return []
  const pairs = subcommands.map(({ name, summary }) => [`  ${name}`, summary] as const)
  return ['', 'Commands, each with its own --help:', { pairs }]
}

function after({ notes = [], exits, examples, subcommands = [] }: CommandSpec, width: number): string {
  const blocks: Block[] = [
    ...subcommandBlocks(subcommands),
    ...(notes.length > 0 ? [''] : []),
    ...notes,
    '',
    { prose: `Exit codes: ${exits}` },
    '',
    'Examples:',
    ...exampleBlocks(examples, width),
  ]
  return render(blocks, { width, colour: false }).trimEnd()
}

/** The words of every flag, as commander meets them. */
function collect(made: Command, flags: Flags): Map<string, string[]> {
  const given = new Map<string, string[]>()
  for (const [name, flag] of Object.entries(flags)) {
    const short = flag.short === undefined ? '' : `-${flag.short}, `
    const option = new Option(`${short}${spelled(name)} ${flag.value}`.trim(), helpOf(flag)).hideHelp(
      flag.hidden ?? false,
    )
    if (flag.group !== undefined) option.helpGroup(flag.group)
    made.addOption(option)
    made.on(`option:${option.name()}`, (word: string | null) =>
      given.set(name, [...(given.get(name) ?? []), word ?? '']),
    )
  }
  return given
}

function mustDiffer(operands: readonly string[]): void {
  const twice = operands.find((word, i) => operands.indexOf(word) < i)
  if (twice !== undefined) throw new UsageError(`${twice}: it is given twice`)
}

/** What commander gets for a `--` that parts operands: it would drop the word itself, and take what follows for no flags. */
const PART = '\0--'

/** The words as commander is to have them. */
export function partedWords({ parted }: CommandSpec, words: readonly string[]): string[] {
  return words.map((word) => (parted === true && word === '--' ? PART : word))
}

/** Makes the command; `asked` hears of what its words come to. It may parse again, until a line is refused. */
export function declare(
  spec: CommandSpec,
  width: number,
  asked: (what: Omit<Asked, 'rest'>) => void,
): Command {
  const made = new Command(`lockstorm ${spec.name}`)
    .description(spec.summary)
    .configureHelp({ helpWidth: width, minWidthToWrap: 20 })
    .configureOutput({ outputError: () => undefined, getOutHelpWidth: () => width })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText('after', () => after(spec, width))
  if (spec.operands !== undefined) made.arguments(spec.operands)
  if (spec.rest !== undefined) made.usage(`[options] ${spec.operands ?? ''} [-- ${spec.rest}]`)
  const given = collect(made, spec.flags)
  made.action(() => {
    const operands = made.args.map((word) => (word === PART ? '--' : word))
    mustDiffer(operands)
    const values = readFlags(spec.flags, given, operands)
    given.clear()
    asked({ spec, operands, values })
  })
  return made
}
