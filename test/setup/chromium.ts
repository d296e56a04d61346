/** A page in a headless Chromium, driven through its DevTools pipe: pressed, typed into, looked at. */
import { spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { startChromium } from '../../tools/runtimes/chromium.mjs'

const COMMAND = 'chromium'
const LONG_MS = 60_000
const LOOK_MS = 50

/** False where there is none; a line says so. */
export function hasChromium(): boolean {
  const has = spawnSync(COMMAND, ['--version']).status === 0
  if (!has) process.stderr.write('chromium: skipped, it cannot be run\n')
  return has
}

interface Answer {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly args?: readonly { readonly value?: unknown; readonly description?: string }[] }
  readonly result?: Record<string, unknown>
  readonly error?: { readonly message: string }
}

/** See the head of this file. */
export class Page {
  /** What the page has complained of on its console. */
  readonly complaints: string[] = []
  readonly #end: () => void
  readonly #to: Writable
  readonly #open = new Map<number, (answer: Answer) => void>()
  #session = ''
  #id = 0

  constructor() {
    const { browser, end } = startChromium(
      COMMAND,
      ['--remote-debugging-pipe'],
      ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    )
    this.#end = end
    this.#to = browser.stdio[3] as Writable
    let rest = ''
    ;(browser.stdio[4] as Readable).on('data', (data: Buffer) => {
      const parts = (rest + data.toString()).split('\0')
      rest = parts.pop() ?? ''
      for (const part of parts) this.#hear(JSON.parse(part) as Answer)
    })
  }

  /** Opens an address in a window of that size. */
  async open(url: string, width = 1000, height = 800): Promise<void> {
    if (this.#session === '') {
      const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
      this.#session = sessionId as string
      for (const domain of ['Page', 'Runtime', 'Log']) await this.send(`${domain}.enable`)
    }
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    })
    await this.send('Page.navigate', { url })
  }

  /** Sends one command of the DevTools protocol. */
  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#id
    const session = this.#session === '' ? {} : { sessionId: this.#session }
    const answer = new Promise<Answer>((resolve) => this.#open.set(id, resolve))
    this.#to.write(`${JSON.stringify({ id, method, params, ...session })}\0`)
    const { result = {}, error } = await answer
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return result
  }

  /** The value of an expression in the page. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
    return (result as { value: T }).value
  }

  /** Waits until an expression is true, and fails with what the page shows if it never is. */
  async until(expression: string): Promise<void> {
    const end = performance.now() + LONG_MS
    while (!(await this.value<boolean>(expression).catch(() => false))) {
      if (performance.now() > end) {
        const shown = await this.value<string>('document.body.innerText')
        throw new Error(`never: ${expression}; the page shows ${shown}; ${this.complaints.join('\n')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** Presses a key. `code`: its number; `text`: what it types, where that matters, as '\r' to a button. */
  async press(key: string, code: number, modifiers = 0, text = ''): Promise<void> {
    const what = { key, code: key, windowsVirtualKeyCode: code, modifiers }
    const down = text === '' ? { type: 'rawKeyDown' } : { type: 'keyDown', text }
    await this.send('Input.dispatchKeyEvent', { ...down, ...what })
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...what })
  }

  /** A picture of the page, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { captureBeyondViewport: true })
    return Buffer.from(data as string, 'base64')
  }

  end(): void {
    this.#end()
  }

  #hear({ id, method, params, ...answer }: Answer): void {
    if (id !== undefined) {
      this.#open.get(id)?.(answer)
      this.#open.delete(id)
    } else if (method !== undefined && /^(Log\.entryAdded|Runtime\.exceptionThrown)$/.test(method)) {
      this.complaints.push(JSON.stringify(params))
    }
  }
}
