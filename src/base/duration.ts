/**
 * Durations as people type them: `500ms`, `10s`, `2m`, `1h`.
 */
const UNIT_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const FORM = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)?$/

/**
 * Milliseconds of a duration.
 * @param bareUnitMs milliseconds that a number without a unit counts; without it such a number is no duration
 * @returns undefined if the text is no duration
 */
export function parseDuration(text: string, bareUnitMs?: number): number | undefined {
  const [, number, unit] = FORM.exec(text) ?? []
  const unitMs = unit === undefined ? bareUnitMs : UNIT_MS[unit]
  return number === undefined || unitMs === undefined ? undefined : Number(number) * unitMs
}
