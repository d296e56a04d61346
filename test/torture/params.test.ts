import { expect, test } from 'vitest'
import { tortureParams } from '#lockstorm/cli/torture_flags'
import { parseDuration } from '#lockstorm/base/duration'
import { DEFAULTS, formatParams, PARAM_NAMES, parseParam } from '#lockstorm/torture/params'

test.each([
  ['500ms', 500],
  ['10s', 10_000],
  ['1.5s', 1500],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['250us', 0.25],
  ['3', 3000],
])('the duration %s is %d ms', (text, ms) => {
  expect(parseDuration(text, 1000)).toBe(ms)
})

test('without a unit to count in, a bare number is no duration', () => {
  expect(parseDuration('3')).toBeUndefined()
})

test.each(['', 's', '5x', '-1s', '1e3', '1 0s', 'ten'])('%j is no duration', (text) => {
  expect(parseDuration(text, 1000)).toBeUndefined()
})

test('a number without a unit counts seconds where the kernel counts seconds, else milliseconds', () => {
  expect(parseParam('stat_interval', '5')).toBe(5000)
  expect(parseParam('long_hold', '5')).toBe(5)
})

test.each([
  ['nwriters_stress', 'x'],
  ['nwriters_stress', '-2'],
  ['nwriters_stress', '65'],
  ['nested_locks', '9'],
  ['gp_sync', '2'],
  ['seed', '1.5'],
  ['stutter', '25h'],
] as const)('%s does not take %s, and says what it takes', (name, text) => {
  expect(() => parseParam(name, text)).toThrow(/^a (whole number from -?\d+ to \d+|time up to 24h.*)$/)
})

test('parameters are printed as the kernel prints them, times in their own unit', () => {
  const params = { ...DEFAULTS, nwriters_stress: 4, stat_interval: 5000 }
  expect(formatParams(['nwriters_stress', 'stat_interval', 'stutter'], params)).toBe(
    'nwriters_stress=4 stat_interval=5 stutter=100',
  )
})

test('flags and operands as for modprobe set parameters; flags go first, --duration before all', () => {
  const params = tortureParams({ nwriters_stress: 3, duration: 2000 }, [
    'nwriters_stress=8',
    'stutter=20ms',
    'shutdown_secs=60',
  ])
  expect(params).toEqual({ ...DEFAULTS, nwriters_stress: 3, stutter: 20, shutdown_secs: 2000 })
})

test('what no parameter names is refused with the parameters that exist', () => {
  expect(() => tortureParams({}, ['nwriter_stress=1'])).toThrow(/^parameter nwriter_stress=1: .*did you mean/)
  expect(() => tortureParams({}, ['stutter'])).toThrow('parameter stutter: wanted stutter=VALUE')
  expect(() => tortureParams({}, ['seed=1', 'seed=2'])).toThrow('seed=1 seed=2: seed is given twice')
  expect(() => tortureParams({}, ['shutdown_secs=0'])).toThrow('a test must end')
})

test('every parameter has a default that its own parser takes', () => {
  for (const name of PARAM_NAMES) {
    const printed = formatParams([name], DEFAULTS).split('=')[1] ?? ''
    expect(parseParam(name, printed)).toBe(DEFAULTS[name])
  }
})
