/** A Redis of a test's own, on a port that was free, with append-only files; it may be killed and started again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createConnection } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { freePort } from './port.ts'

/** Whether there is one on this computer. */
export const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) process.stderr.write('redis-server is not installed: the queue of campaigns is not tested\n')

/** A certificate for 127.0.0.1 that nobody but itself vouches for; undefined, and a line, where it cannot be made. */
export function certificateIn(folder: string): { readonly cert: string; readonly key: string } | undefined {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')] as const
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const made = spawnSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert])
  if (made.status === 0) return { cert, key }
  process.stderr.write('openssl is not installed: the queue of campaigns is not tested over TLS\n')
  return undefined
}

/** See the head of this file. */
export class RedisServer {
  readonly port: number
  readonly #folder: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port
    this.#folder = folder
    this.#args = args
  }

  static async start(folder: string, ...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), folder, args)
    await server.start()
    return server
  }

  async start(): Promise<void> {
    // With TLS there is nothing on a plain port.
    const ports = this.#args.includes('--tls-cert-file') ? ['--port', '0', '--tls-port'] : ['--port']
    const usual = [...ports, String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    const files = ['--appendonly', 'yes', '--appendfsync', 'always']
    this.#child = spawn('redis-server', [...usual, ...files, ...this.#args], { stdio: 'ignore' })
    while (!(await this.#answers())) await setTimeout(20)
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(this.port, '127.0.0.1')
      socket.once('connect', () => {
        socket.end()
        resolve(true)
      })
      socket.once('error', () => {
        resolve(false)
      })
    })
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }
}
