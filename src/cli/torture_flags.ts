/**
 * Parameters of a torture test from flags and from operands such as modprobe takes.
 */
import { DEFAULTS, isParam, PARAM_NAMES, parseParam, type ParamName, type Params } from '../torture/params.ts'
import type { LockFlags } from './lock_flags.ts'
import { badValue, didYouMean } from './usage.ts'

/** Flags of the command, as commander gives them. */
export type TortureFlags = Readonly<Partial<Record<ParamName | 'duration' | 'json', string>>> &
  LockFlags & {
    readonly list?: boolean
    readonly checked?: boolean
  }

function parse(flag: string, name: ParamName, text: string): number {
  try {
    return parseParam(name, text)
  } catch (error) {
    throw badValue(flag, text, (error as Error).message)
  }
}

function operand(text: string): [ParamName, number] {
  const [name = '', value] = text.split(/=(.*)/s)
  if (!isParam(name))
    throw badValue('parameter', text, `one of ${PARAM_NAMES.join(', ')}${didYouMean(name, PARAM_NAMES)}`)
  if (value === undefined) throw badValue('parameter', text, `${text}=VALUE`)
  return [name, parse(name, name, value)]
}

/** All parameters; flags go before operands, --duration before both. @throws UsageError */
export function tortureParams(flags: TortureFlags, operands: readonly string[]): Params {
  const values: Partial<Record<ParamName, number>> = Object.fromEntries(operands.map(operand))
  for (const name of PARAM_NAMES) {
    const text = flags[name]
    if (text !== undefined) values[name] = parse(`--${name}`, name, text)
  }
  if (flags.duration !== undefined)
    values.shutdown_secs = parse('--duration', 'shutdown_secs', flags.duration)
  const params = { ...DEFAULTS, ...values }
  if (params.shutdown_secs === 0) {
    const flag = flags.duration === undefined ? 'shutdown_secs' : '--duration'
    throw badValue(flag, 0, 'a length such as 10s: a test must end')
  }
  return params
}
