/** A terminal that a test types into. */
import { spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

const LOOK_MS = 100
const PATIENCE_MS = 120_000

/** True where tmux is installed. */
export const hasTmux: boolean = spawnSync('tmux', ['-V']).status === 0

/** A session of tmux with a server of its own; end it. */
export class Terminal {
  readonly #server: string

  /** @param command what runs in it, as a shell reads it */
  constructor(name: string, command: string, columns = 110, rows = 40) {
    this.#server = `lockstorm-${name}-${process.pid}`
    const size = ['-x', String(columns), '-y', String(rows)]
    this.#tmux('new-session', '-d', ...size, '-s', 'it', `${command}; echo "ended with $?"; exec cat`)
  }

  #tmux(...words: string[]): string {
    const { stdout, stderr, status } = spawnSync('tmux', ['-L', this.#server, '-f', '/dev/null', ...words], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`tmux ${words.join(' ')}: ${stderr}`)
    return stdout
  }

  /** Types keys, by tmux's names: `Enter`, `Tab`, `C-c`. */
  keys(...keys: string[]): void {
    this.#tmux('send-keys', '-t', 'it', ...keys)
  }

  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-t', 'it', '-x', String(columns), '-y', String(rows))
  }

  screen(): string {
    return this.#tmux('capture-pane', '-p', '-t', 'it')
  }

  /** Waits until the screen shows it. Returns the screen. */
  async shows(what: RegExp): Promise<string> {
    for (let waited = 0; ; waited += LOOK_MS) {
      const screen = this.screen()
      if (what.test(screen)) return screen
      if (waited > PATIENCE_MS) throw new Error(`the screen never shows ${what}, but\n${screen}`)
      await pause(LOOK_MS)
    }
  }

  end(): void {
    spawnSync('tmux', ['-L', this.#server, 'kill-server'])
  }
}
