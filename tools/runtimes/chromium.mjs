// A headless Chromium with a profile of its own, which goes with it.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts it. Returns the process, and what ends it. */
export function startChromium(command, args, stdio = 'ignore') {
  const profile = mkdtempSync(join(tmpdir(), 'lockstorm-chromium-'))
  const headless = ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run']
  const browser = spawn(command, [...headless, `--user-data-dir=${profile}`, ...args], { stdio })
  const gone = () => rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 })
  browser.once('exit', gone).once('error', gone)
  return { browser, end: () => browser.kill() }
}
