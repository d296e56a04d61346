/** The shell as a person uses it, Tab, history, Ctrl-C, jobs whose output comes when it comes; and top beside it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test, vi } from 'vitest'
import { hasTmux, Terminal } from '../setup/tmux.ts'

vi.setConfig({ testTimeout: 400_000 })
const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js')
if (!hasTmux) process.stderr.write('test/shell/terminal.test.ts is skipped: tmux is not installed\n')

test.skipIf(!hasTmux)('a person at a terminal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstorm-terminal-'))
  const run = `XDG_RUNTIME_DIR='${folder}' '${process.execPath}' '${main}'`
  const terminal = new Terminal('shell', `${run} shell`)
  const beside = new Terminal('top', `${run} top`)
  try {
    await beside.shows(/No run of yours is to be seen/)
    await terminal.shows(/^global:\/sys#$/m)
    terminal.keys('cd cl', 'Tab')
    await terminal.shows(/cd class\/$/m)
    terminal.keys('mde', 'Tab')
    await terminal.shows(/cd class\/mdev_bus\/$/m)
    terminal.keys('gpu0', 'Enter')
    await terminal.shows(/gpu0#$/m)
    terminal.keys('cost create hold', 'Enter')
    await terminal.shows(/hold\n.*gpu0#$/m)
    terminal.keys('echo $UUID > mdev_supported_types/nvidia-35/create &', 'Enter')
    await terminal.shows(/^\[1\] on CPU 2/m)
    terminal.keys('settle; echo settled', 'Enter')
    await terminal.shows(/^settled$/m)
    // In front, behind the lock of the other one.
    terminal.keys('echo $UUID > ../gpu1/mdev_supported_types/nvidia-35/create', 'Enter')
    await terminal.shows(/gpu1\/mdev_supported_types\/nvidia-35\/create\n/)
    terminal.keys('C-c')
    await terminal.shows(/no signal reaches it where it sleeps: it goes on as job %2/)
    terminal.keys('settle; locks', 'Enter')
    expect(await terminal.shows(/^mdev_list_lock +CPU 2 +CPU 3/m)).toContain('waited for by')
    // Another terminal beside it.
    await beside.shows(/^mdev_list_lock +2 +3/m)
    beside.keys('w', 'f')
    // A screen may be seen while half of it is drawn.
    await beside.shows(/^by wait, waiting only/m)
    await beside.shows(/^3 +D +…\S*nvidia-35\/create +mutex(?: mdev_list_lock)? +2/m)
    beside.keys('/', 'gpu1', 'Enter')
    await beside.shows(/^(?!(?:.*\n)*2 +D)[^]*with 'gpu1'/)
    beside.resize(64, 18)
    await beside.shows(/^mdev_list_lock +2 +3\b.*\n(?:.*\n)*by wait/m)
    beside.keys('/', 'BSpace', 'BSpace', 'BSpace', 'BSpace', 'Enter', 'f')
    await beside.shows(/^2 +D/m)
    // Up: the last line but two.
    terminal.keys('cost none', 'Enter')
    await terminal.shows(/^\[1\] done/m)
    await terminal.shows(/^\[2\] done/m)
    terminal.keys('Up', 'Up', 'Enter')
    await terminal.shows(/settle; locks\n(?:.*\n)*No lock is held/)
    // Ctrl-C on an empty line, and on a job that hears it.
    terminal.keys('abc', 'C-c')
    await terminal.shows(/abc\^C/)
    terminal.keys('sleep 1h', 'Enter')
    await terminal.shows(/sleep 1h\n/)
    terminal.keys('C-c')
    await terminal.shows(/sleep: EINTR/)
    terminal.keys('exit 4', 'Enter')
    await terminal.shows(/ended with 4/)
    await beside.shows(/No run of yours is to be seen/)
    beside.keys('q')
    await beside.shows(/^ended with 0/m)
  } finally {
    terminal.end()
    beside.end()
    rmSync(folder, { recursive: true })
  }
})
