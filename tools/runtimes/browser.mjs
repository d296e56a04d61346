// Runs a folder's entry.mjs in a page of a headless browser, served on localhost with the headers that shared memory needs.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { startChromium, startFirefox } from './chromium.mjs'

export const BROWSERS = { chromium: startChromium, firefox: startFirefox }

const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cache-control': 'no-store',
}
const PAGE = '<!doctype html><meta charset="utf-8"><script type="module" src="/entry.mjs"></script>'

/** Resolves to what the page told, or to why it told nothing. `name`: which of BROWSERS it is. */
export function runInPage(name, command, folder, limitMs) {
  return new Promise((done) => {
    let started
    const server = createServer((request, response) => {
      const path = new URL(request.url, 'http://localhost').pathname
      if (path === '/told') {
        let told = ''
        request.on('data', (part) => (told += part)).on('end', () => response.end() && end(told))
        return
      }
      try {
        const isPage = path === '/'
        const body = isPage ? PAGE : readFileSync(join(folder, path))
        response
          .writeHead(200, { ...HEADERS, 'content-type': isPage ? 'text/html' : 'text/javascript' })
          .end(body)
      } catch {
        response.writeHead(404, HEADERS).end()
      }
    })
    const end = (told) => {
      clearTimeout(timer)
      started?.end()
      server.close()
      server.closeAllConnections()
      done(told)
    }
    const timer = setTimeout(() => end('no answer in time'), limitMs)
    server.listen(0, '127.0.0.1', () => {
      const url = `http://127.0.0.1:${server.address().port}/`
      started = BROWSERS[name](command, [url])
      started.browser.once('error', (error) => end(`cannot be run: ${error.message}`))
    })
  })
}
