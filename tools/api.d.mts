/** Where the pages lie, from the root. */
export const FOLDER: string
/** The pages as they should be, by name. */
export function apiPages(): Promise<Readonly<Record<string, string>>>
