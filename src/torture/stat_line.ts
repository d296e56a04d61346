/**
 * The statistics line of locktorture: `Writes:  Total: 96  Max/Min: 27/20   Fail: 0 `.
 */

/** @param each one number per task; `???` marks unfairness (max / 2 > min), `!!!` failures */
export function statLine(title: string, each: readonly number[], failed: number): string {
  const max = each.length === 0 ? 0 : Math.max(...each)
  const min = each.length === 0 ? 0 : Math.min(...each)
  const total = each.reduce((sum, n) => sum + n, 0)
  const unfair = Math.floor(max / 2) > min ? '???' : ''
  return `${title}:  Total: ${total}  Max/Min: ${max}/${min} ${unfair}  Fail: ${failed} ${failed > 0 ? '!!!' : ''}`
}
