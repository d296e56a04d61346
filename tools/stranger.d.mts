/** See stranger.mjs. */
export const MOST_BYTES: number
export const BUDGETS: readonly (readonly [entry: string, names: string, bytes: number])[]
export const STRANGER: string
