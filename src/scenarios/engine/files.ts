/**
 * What a worker must load before it knows a race and a strategy that a user's file brings.
 */
import { filesOf, type FileRef } from '../../define/brought.ts'
import type { Scenario } from '../../define/race.ts'

/** For a job; nothing for what is built in. */
export function filesFor({ name }: Scenario, strategy: string): { readonly files?: readonly FileRef[] } {
  const files = [...filesOf('race', [name]), ...filesOf('strategy', [strategy])]
  return files.length > 0 ? { files } : {}
}
