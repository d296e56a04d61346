/** Keeps one core busy until its standard input closes: it ends when the process that started it does. */
import { Worker } from 'node:worker_threads'

process.stdin.resume().once('close', () => {
  process.kill(process.pid, 'SIGKILL')
})
const loop = new Worker('for (;;);', { eval: true })
loop.on('error', () => process.exit(1))
