/**
 * Who unmounts when this process is killed: a shell that waits for the end of a pipe whose other end only this process holds.
 */
import { spawn } from 'node:child_process'

const SCRIPT = 'trap "" INT TERM HUP; read -r _; exec umount -l "$0"'

/** See the head of this file. */
export interface Guardian {
  /** It is not needed any more. */
  dismiss(): void
}

/** Looks after a mount. */
export function guard(dir: string): Guardian {
  const child = spawn('sh', ['-c', SCRIPT, dir], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  child.on('error', () => {})
  child.unref()
  const { stdin } = child
  stdin.on('error', () => {})
  // It must not keep this process alive.
  ;(stdin as unknown as { unref(): void }).unref()
  return {
    dismiss() {
      child.kill('SIGKILL')
      stdin.destroy()
    },
  }
}
