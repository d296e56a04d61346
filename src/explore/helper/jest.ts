/**
 * `lockstorm/explore/jest`: the matchers, and their types for the global `expect` of jest. Nothing of jest is imported.
 */
import type { ExploreMatchers } from './matchers.ts'

export { matchers, type ExploreMatchers } from './matchers.ts'

declare global {
  // eslint-disable-next-line typescript/no-namespace -- @types/jest declares its matchers in one
  namespace jest {
    // eslint-disable-next-line typescript/no-empty-object-type -- this is how an interface is added to
    interface Matchers<R> extends ExploreMatchers<R> {}
  }
}
