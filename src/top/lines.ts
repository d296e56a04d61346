/**
 * Lines over a socket. Not node:readline, which tells the errors of a socket once more.
 */
import type { Socket } from 'node:net'

/** Calls `take` for each line that comes. A line that is not ended by a newline is none. */
export function takeLines(socket: Socket, take: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) take(line)
  })
}
