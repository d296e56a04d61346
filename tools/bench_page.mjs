// Measures the classes in a page of a headless Chromium, as /bench.html of the playground does, and writes the result as JSON.
// Usage: node tools/bench_page.mjs [--quick] --json FILE
import { writeFileSync } from 'node:fs'
import { environment, moment } from '../dist/src/results/environment.js'
import { servePlayground } from '../dist/src/playground/serve.js'
import { startChromium } from './runtimes/chromium.mjs'

const file = process.argv[process.argv.indexOf('--json') + 1]
const effort = process.argv.includes('--quick') ? 'quick' : 'full'
if (!process.argv.includes('--json') || file === undefined) {
  console.error('bench_page: --json wants the name of a file')
  process.exit(2)
}
const MEASURE = `(async () => {
  const { measure } = await import('/lockstorm/bench/page.js')
  const measured = []
  await measure('${effort}', { progress() {}, hear: (one) => measured.push(...one.measured), stop: () => false })
  return { measured, browser: navigator.userAgent }
})()`

/** A client of the DevTools protocol on the browser's pipe: sends a command, resolves to its result. */
function devTools({ stdio: [, , , to, from] }) {
  const open = new Map()
  let rest = ''
  from.on('data', (data) => {
    const parts = `${rest}${data}`.split('\0')
    rest = parts.pop()
    for (const { id, result, error } of parts.map((part) => JSON.parse(part))) {
      open.get(id)?.(error === undefined ? result : { exceptionDetails: error })
      open.delete(id)
    }
  })
  let id = 0
  return (method, params, sessionId) =>
    new Promise((resolve) => {
      open.set(++id, resolve)
      to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
}

const served = await servePlayground(0)
const pipes = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']
const { browser, end } = startChromium('chromium', ['--remote-debugging-pipe'], pipes)
browser.once('error', (error) => {
  console.error(`bench_page: chromium cannot be run: ${error.message}`)
  process.exit(3)
})
const begun = moment()
const send = devTools(browser)
const { targetId } = await send('Target.createTarget', { url: `${served.url}bench.html` })
const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true })
const asked = { awaitPromise: true, returnByValue: true }
let isolated = false
while (!isolated) {
  const expression = "document.readyState === 'complete' && globalThis.crossOriginIsolated"
  isolated = (await send('Runtime.evaluate', { expression, ...asked }, sessionId)).result?.value
}
const { result, exceptionDetails } = await send(
  'Runtime.evaluate',
  { expression: MEASURE, ...asked },
  sessionId,
)
end()
served.end()
if (exceptionDetails !== undefined) {
  console.error(`bench_page: ${JSON.stringify(exceptionDetails)}`)
  process.exitCode = 3
} else {
  const { measured, browser: name } = result.value
  const told = {
    schema: 'lockstorm/bench-page@1',
    browser: name,
    env: environment(begun),
    results: [{ suite: 'classes', measured }],
  }
  writeFileSync(file, `${JSON.stringify(told)}\n`)
}
