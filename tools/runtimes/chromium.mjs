// A headless browser with a profile of its own, which goes with it.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts Chromium. Returns the process, and what ends it. */
export function startChromium(command, args, stdio = 'ignore') {
  const headless = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run']
  return start(command, (profile) => [...headless, `--user-data-dir=${profile}`, ...args], stdio)
}

/** Starts Firefox, with an address. */
export function startFirefox(command, args) {
  return start(command, (profile) => ['--headless', '--no-remote', '--profile', profile, ...args], 'ignore')
}

function start(command, argsWith, stdio) {
  const profile = mkdtempSync(join(tmpdir(), 'lockstorm-browser-'))
  // A group of its own: its helpers outlive it now and then, and write to the profile.
  const browser = spawn(command, argsWith(profile), { stdio, detached: true })
  const gone = () => {
    killGroup(browser.pid)
    remove(profile)
  }
  browser.once('exit', gone).once('error', gone)
  // Ctrl-C reaches this group only.
  process.once('exit', () => killGroup(browser.pid))
  return { browser, end: () => browser.kill() }
}

function killGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of it is left.
  }
}

/** What a process that is just ending still writes is no reason to fail: the folder stays in the temporary one then. */
function remove(profile) {
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  } catch (error) {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EBUSY') throw error
  }
}
