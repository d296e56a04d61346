/** Files that have blocks of figures. */
export const PAGES: readonly string[]
/** Where results are kept. */
export const DATA: string
/** The page with its blocks as the kept results want them; blocks without results stay as they are. */
export function withBlocks(page: string): string
