/** Compiles what changed since the last build. @returns whether anything had */
export function build(): boolean
