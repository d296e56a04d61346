/**
 * Parameters of a torture test from flags and from operands such as modprobe takes.
 */
import { DEFAULTS, isParam, PARAM_NAMES, parseParam, type ParamName, type Params } from '../torture/params.ts'
import type { TortureFlags } from './commands/torture.ts'
import { badValue, didYouMean, UsageError } from './usage.ts'

function parse(name: ParamName, text: string): number {
  try {
    return parseParam(name, text)
  } catch (error) {
    throw badValue(name, text, (error as Error).message)
  }
}

function operand(text: string): [ParamName, number] {
  const [name = '', value] = text.split(/=(.*)/s)
  if (!isParam(name))
    throw badValue('parameter', text, `one of ${PARAM_NAMES.join(', ')}${didYouMean(name, PARAM_NAMES)}`)
  if (value === undefined) throw badValue('parameter', text, `${text}=VALUE`)
  return [name, parse(name, value)]
}

/** All parameters; flags go before operands, --duration before both. @throws UsageError */
export function tortureParams(flags: Partial<TortureFlags>, operands: readonly string[]): Params {
  const given = operands.map(operand)
  const names = given.map(([name]) => name)
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new UsageError(`${operands.join(' ')}: ${twice} is given twice`)
  const asFlags = PARAM_NAMES.flatMap((name) => (flags[name] === undefined ? [] : [[name, flags[name]]]))
  const { duration } = flags
  const params = {
    ...DEFAULTS,
    ...Object.fromEntries([...given, ...asFlags]),
    ...(duration !== undefined && { shutdown_secs: duration }),
  } as Params
  if (params.shutdown_secs === 0) {
    throw badValue('shutdown_secs', 0, 'a length such as 10s: a test must end')
  }
  return params
}
