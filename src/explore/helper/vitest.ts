/**
 * `lockstorm/explore/vitest`: the matchers, and their types for vitest. Nothing of vitest is imported when it runs.
 */
import type { Matchers as _Matchers } from 'vitest'
import type { ExploreMatchers } from './matchers.ts'

export { matchers, type ExploreMatchers } from './matchers.ts'

declare module 'vitest' {
  // eslint-disable-next-line typescript/no-empty-object-type -- this is how an interface is added to
  interface Matchers<T> extends ExploreMatchers<T> {}
}
