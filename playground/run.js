// Runs a program in a worker of its own, and ends it after its budget.

/** The explorer searches for at most 4 seconds unless the program says otherwise, and then shortens what it has found. */
const BUDGET_MS = 15_000
const LOADING_MS = 30_000

/** What a program may import, and where it is. */
const MODULES = await (await fetch('/modules.json')).json()
const IMPORT = /(\bfrom\s*|\bimport\s*\(?\s*)(['"])(lockstorm(?:\/\w+)*)\2/g

/** The program with the addresses of what it imports, which a worker has no import map for. Lines stay where they are. */
function linked(source) {
  const at = (path) => new URL(path, location.href).href
  const text = source.replaceAll(IMPORT, (all, before, quote, name) =>
    name in MODULES ? before + quote + at(MODULES[name]) + quote : all,
  )
  return text
}

const urlOf = (text) => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))

/**
 * Why a module cannot be loaded: a worker does not say. As a script of the page it would throw at once, before anything of it runs;
 * but where it does not parse, or imports what is not there, the page is told, with the line.
 */
function whyNotLoaded(text) {
  const url = urlOf(`throw undefined;${text}`)
  const script = Object.assign(document.createElement('script'), { type: 'module', src: url })
  return new Promise((resolve) => {
    const heard = (event) => {
      event.preventDefault()
      globalThis.removeEventListener('error', heard)
      script.remove()
      URL.revokeObjectURL(url)
      resolve(event)
    }
    globalThis.addEventListener('error', heard)
    script.addEventListener('error', heard)
    document.head.append(script)
  })
}

const DENIED = 'It cannot be loaded: it may import nothing but lockstorm.'

/** The message with the name of the program in place of its address. */
function renamed(data, url, name) {
  const address = url.slice(url.lastIndexOf('/') + 1)
  return JSON.parse(JSON.stringify(data).replaceAll(url, name).replaceAll(address, name))
}

/**
 * Runs a program.
 * @param hear told of each verdict `{ kind: 'verdict', … }`, each error `{ kind: 'error', text }`, and once, at the end, of `{ kind: 'ended' }`
 * @returns what stops it
 */
export function run(source, name, hear) {
  const text = linked(source)
  const prelude = new URL('/program.js', location.href).href
  const url = urlOf(`import '${prelude}';${text}\n;globalThis.lockstormEnded()\n`)
  const worker = new Worker(url, { type: 'module' })
  let timer
  let over = false
  const end = () => {
    clearTimeout(timer)
    worker.terminate()
    URL.revokeObjectURL(url)
    if (!over) hear({ kind: 'ended' })
    over = true
  }
  const fail = (why) => {
    if (!over) hear({ kind: 'error', text: why })
    end()
  }
  const after = (ms, why) => {
    clearTimeout(timer)
    timer = setTimeout(fail, ms, why)
  }
  after(LOADING_MS, 'The explorer could not be loaded: is the server still running?')
  worker.addEventListener('message', ({ data }) => {
    if (data.kind === 'ended') end()
    else if (data.kind === 'begun') {
      after(
        BUDGET_MS,
        `The program was ended: it had run for ${BUDGET_MS / 1000} seconds. A body that loops without touching the memory, or a large \`ms\`, can be why.`,
      )
    } else hear(renamed(data, url, name))
  })
  const broken = ({ message = DENIED, lineno = 0 }) => {
    // What the explorer throws has been told already, with its ladder.
    if (/\b(Exploration|Refused)Error\b/.test(message)) end()
    else fail(message.replace(/^Uncaught /, '') + (lineno > 0 ? ` (${name}:${lineno})` : ''))
  }
  worker.addEventListener('error', (event) => {
    event.preventDefault()
    if (event.message) broken(event)
    else void whyNotLoaded(text).then(broken)
  })
  return end
}
