/** How much work fills a time. */
import { work } from './loop.ts'

/** Steps of `work` that take that long here. */
export function calibrate(holdNs: number): number {
  if (holdNs === 0) return 0
  const view = new Int32Array(2048)
  const steps = 1_000_000
  work(view, steps)
  const times = Array.from({ length: 5 }, () => {
    const startMs = performance.now()
    work(view, steps)
    return ((performance.now() - startMs) * 1e6) / steps
  })
  return Math.max(1, Math.round(holdNs / Math.min(...times)))
}
