/** Transcripts of the shell in a page: what was typed, and what came of it. */

/** One command and its output. */
export interface Exchange {
  readonly command: string
  readonly output: string
}

const PROMPT = /^[a-z-]+:\/\S*# (.*)$/

/** Blocks of a page that are marked `console`: one session, in order. */
export function transcriptOf(page: string): Exchange[] {
  const found: { command: string; lines: string[] }[] = []
  for (const [, block = ''] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
    for (const line of block.trimEnd().split('\n')) {
      const command = PROMPT.exec(line)?.[1]
      if (command === undefined) found.at(-1)?.lines.push(line)
      else found.push({ command, lines: [] })
    }
  }
  return found.map(({ command, lines }) => ({ command, output: lines.join('\n') }))
}

const MARK = '===== next ====='

/** Commands as a script whose output can be taken apart again. */
export function scriptOf(commands: readonly string[]): string {
  return commands.map((command) => `${command}\necho '${MARK}'\n`).join('')
}

/** Output of such a script, by command. */
export function outputsOf(stdout: string): string[] {
  return stdout
    .split(`${MARK}\n`)
    .slice(0, -1)
    .map((text) => text.trimEnd())
}
