/**
 * A unit of a campaign: the command line, in a process that ends when the one that started it does. Its standard input is a pipe
 * from there: whatever ends the other closes it. What has begun elsewhere by then must not go on here.
 */
import { Socket } from 'node:net'

const parent = new Socket({ fd: 0, readable: true, writable: false })
const end = (): void => {
  process.kill(process.pid, 'SIGKILL')
}
parent.on('close', end)
parent.on('error', end)
parent.resume()
parent.unref()
await import('../src/cli/main.ts')
