/** The shell by script: the page's transcript, exit codes, a machine in which nothing moves. */
import { spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { validator } from '../setup/schema.ts'
import { outputsOf, scriptOf, transcriptOf } from './transcript.ts'

vi.setConfig({ testTimeout: 300_000 })

const root = resolve(import.meta.dirname, '../..')
const main = resolve(root, 'dist/src/cli/main.js')
const SIGN = /^lockstorm: .* \(running for \d+ s\)\n/gm

/** Runs a script; stdout and stderr as one, as a terminal shows them. */
function script(text: string, ...flags: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((done) => {
    const env = { ...process.env, COLUMNS: '110' }
    const words = [process.execPath, main, 'shell', ...flags].map((word) => `'${word}'`).join(' ')
    const child = spawn('bash', ['-c', `exec ${words} 2>&1`], { env })
    let output = ''
    child.stdout.on('data', (data: Buffer) => (output += data.toString()))
    child.on('close', (code) => {
      done({ code, output: output.replaceAll(SIGN, '') })
    })
    child.stdin.end(text)
  })
}

test('the transcript of docs/shell.md', async () => {
  const exchanges = transcriptOf(readFileSync(resolve(root, 'docs/shell.md'), 'utf8'))
  expect(exchanges.length).toBeGreaterThan(40)
  const { output } = await script(scriptOf(exchanges.map(({ command }) => command)))
  const outputs = outputsOf(output)
  expect(exchanges.map(({ command }, i) => ({ command, output: outputs[i] }))).toEqual(exchanges)
})

test('drivers come and go, and leave nothing', async () => {
  const drivers = 'mtty mdpy mbochs vfio_ap mlx5_core tpm switchtec gadget mtty-5.13'.split(' ')
  const lines = [
    'check',
    'insmod mtty parents=0',
    'insmod gadget fence=srcu; rmmod gadget',
    ...drivers.slice(0, -1).map((name) => `insmod ${name}`),
    ...drivers.slice(0, -1).map((name) => `rmmod ${name}`),
    'insmod mtty-5.13; rmmod mtty-5.13',
    'insmod platform; bind dev0 vfio-platform; rmmod platform',
    'rmmod nonesuch',
    'reports',
    'slots',
  ]
  const { output } = await script(scriptOf(lines))
  const outputs = outputsOf(output)
  const said = Object.fromEntries(lines.map((line, i) => [line, outputs[i]]))
  expect(said['insmod mtty parents=0']).toBe('usage: insmod mtty [parents=VALUE], VALUE one of 1 to 64')
  expect(said['insmod platform; bind dev0 vfio-platform; rmmod platform']).toBe(
    'rmmod: platform: EBUSY, resource busy or locked',
  )
  expect(said['rmmod nonesuch']).toMatch(/ENOENT/)
  for (const name of drivers.slice(0, -1))
    expect([said[`insmod ${name}`], said[`rmmod ${name}`]]).toEqual(['', ''])
  expect(said['reports']).toBe('Nothing was reported.')
  expect(said['slots']).not.toContain('driver ')
})

test('exit codes; --errexit; a file that is in use is closed when its user has let go', async () => {
  const json = join(tmpdir(), `lockstorm-shell-${process.pid}.json`)
  const failing = await script('cat nonesuch\npwd\n', '--errexit', '--json', json)
  expect(validator('shell-1.schema.json')(JSON.parse(readFileSync(json, 'utf8')))).toEqual([])
  rmSync(json)
  expect(failing).toEqual({ code: 1, output: expect.not.stringContaining('\n/sys\n') })
  const lines = [
    'insmod switchtec; open /dev/switchtec0',
    'poll $FD pri &',
    'settle; jobs',
    'kill %1; close 3; wait',
    'rmmod switchtec && exit 42',
  ]
  const { code, output } = await script(lines.join('\n'))
  expect(output).toMatch(/EINTR/)
  expect(code).toBe(42)
})
