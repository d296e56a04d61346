import type { ChildProcess, StdioOptions } from 'node:child_process'

export function startChromium(
  command: string,
  args: readonly string[],
  stdio?: StdioOptions,
): { readonly browser: ChildProcess; readonly end: () => void }
