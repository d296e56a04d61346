/**
 * Bad command lines of every kind, over every command and every flag. Both are read from the declarations, so that a new flag is
 * tried without being listed here.
 */
import { describe, expect, test } from 'vitest'
import type { CommandSpec } from '#lockstorm/cli/command'
import { COMMAND_NAMES, commandNamed } from '#lockstorm/cli/commands/index'
import { spelled } from '#lockstorm/base/spelled'
import type { Flag } from '#lockstorm/cli/flag'
import { shown, UsageError } from '#lockstorm/cli/usage'
import { understood } from '../setup/cli.ts'

const top = await Promise.all(COMMAND_NAMES.map(commandNamed))
const specs = top.flatMap((spec) => [spec, ...(spec.subcommands ?? [])])

/** A command line and what its refusal must show. */
interface BadLine {
  readonly words: readonly string[]
  readonly shows: readonly string[]
}

/** A condition as words that make it true, with what they in turn go with. */
function wordsFor(condition: string, spec: CommandSpec, beside: readonly string[] = []): string[] {
  if (!condition.startsWith('--')) return ['operand']
  const [word = '', value] = condition.split(' ')
  const flag = Object.entries(spec.flags).find(([name]) => spelled(name) === word)?.[1]
  const usual = flag?.kind === undefined ? [] : [flag.kind.right]
  return [
    ...(flag === undefined ? [] : company(flag, spec, beside)),
    word,
    ...(value === undefined ? usual : [value]),
  ]
}

/** What makes a flag's company right: a condition that it goes with, one that is met already if it can be. */
function company(flag: Flag<unknown>, spec: CommandSpec, beside: readonly string[] = []): string[] {
  const { goes = [] } = flag
  const first = goes.find((condition) => beside.includes(condition)) ?? goes[0]
  return first === undefined ? [] : wordsFor(first, spec)
}

function ofValue(flag: string, kind: NonNullable<Flag<unknown>['kind']>, isList: boolean): BadLine[] {
  const { right, wrong } = kind
  const bad = ['', ...wrong].map((word) => ({ words: [flag, word], shows: [flag, shown(word)] }))
  const missing = { words: [flag], shows: [flag] }
  if (!isList) return [...bad, missing, { words: [flag, right, flag, right], shows: [flag, 'twice'] }]
  const lists = [`${right},,${right}`, `${right},`, `,${right}`, `${right},${right}`]
  return [
    ...bad,
    missing,
    ...lists.map((word) => ({ words: [flag, word], shows: [flag, word] })),
    { words: [flag, right, flag, right], shows: [flag, 'twice'] },
  ]
}

function ofFlag(name: string, flag: Flag<unknown>, spec: CommandSpec): BadLine[] {
  const word = spelled(name)
  const { kind, goes = [], not = [] } = flag
  const good = kind === undefined ? [word] : [word, kind.right]
  const lines: BadLine[] =
    kind === undefined
      ? [
          { words: [word, word], shows: [word, 'twice'] },
          { words: [`${word}=5`], shows: [word] },
        ]
      : ofValue(word, kind, flag.list === true)
  const misspelt = `${word}x`
  return [
    ...lines.map(({ words, shows }) => ({ words: [...company(flag, spec), ...words], shows })),
    { words: [misspelt], shows: [misspelt] },
    ...(goes.length > 0 && !goes.includes('--workload mdev')
      ? [{ words: good, shows: [word, 'goes with'] }]
      : []),
    ...not.map((condition) => ({
      words: [...new Set([...company(flag, spec), ...wordsFor(condition, spec, goes)]), ...good],
      shows: [word, condition.split(' ')[0] as string, 'exclude'],
    })),
  ]
}

function ofCommand(spec: CommandSpec): BadLine[] {
  const surplus = { words: ['one', 'two', 'three'], shows: ['too many'] }
  const many = spec.operands?.includes('...') === true
  return [
    { words: ['--nonesuch'], shows: ['--nonesuch'] },
    ...(many ? [{ words: ['same', 'same'], shows: ['same', 'twice'] }] : [surplus]),
    ...Object.entries(spec.flags).flatMap(([name, flag]) => ofFlag(name, flag, spec)),
  ]
}

const cases = specs.map((spec) => ({ name: spec.name, lines: ofCommand(spec), spec }))

describe.each(cases)('lockstorm $name', ({ name, lines, spec }) => {
  test('refuses each with one line that shows flag and value', async () => {
    const wrong: unknown[] = []
    for (const { words, shows } of lines) {
      const line = [...name.split(' '), ...words]
      const answer = await understood(...line).then(
        () => 'is accepted',
        (error: unknown) => error,
      )
      const text = answer instanceof UsageError ? answer.message : String(answer)
      const good =
        answer instanceof UsageError && !text.includes('\n') && shows.every((one) => text.includes(one))
      if (!good) wrong.push({ line: line.join(' '), shows, text })
    }
    expect(wrong).toEqual([])
  })

  test('accepts what each flag calls right', async () => {
    for (const [flagName, flag] of Object.entries(spec.flags)) {
      const value = flag.kind === undefined ? [] : [flag.kind.right]
      const { values } = await understood(
        ...name.split(' '),
        ...company(flag, spec),
        spelled(flagName),
        ...value,
      )
      expect(values[flagName]).not.toBeUndefined()
    }
  })
})

test('the table has the lines it should have', () => {
  const count = cases.reduce((sum, { lines }) => sum + lines.length, 0)
  expect(specs.map(({ name }) => name)).toContain('explore replay')
  expect(count).toBeGreaterThan(800)
})

describe('words that no command knows', () => {
  test.each([['nonesuch'], [''], ['--nonesuch'], ['stormm'], ['Storm'], ['help', 'nonesuch']])(
    '%j %j',
    async (...words) => {
      const refused = understood(...words.filter((word) => word !== undefined))
      await expect(refused).rejects.toThrow(UsageError)
      await expect(refused).rejects.toThrow(shown(words.at(-1) ?? ''))
    },
  )
})
