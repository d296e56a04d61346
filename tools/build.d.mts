export function build(): void
