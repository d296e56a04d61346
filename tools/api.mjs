// Pages of the public locks, one per class, from the declarations and their docstrings: what a reader finds there is written where the
// code is, and nowhere else.
// Usage: node tools/api.mjs    writes docs/api
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseSync } from 'vite'
import { where } from './results_blocks.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DECLARED = join(ROOT, 'dist/src')
/** What the classes cost, from the root: `npm run results -- classes` measures it. */
const COSTS = 'docs/data/classes.json'
/** The same in a page of Chromium, and our mutex beside others: of these, a run that could not be had is left out. */
const MORE = {
  browser: 'docs/data/browser.json',
  peers: 'docs/data/peers.json',
  v8: 'docs/data/peers-v8.json',
}
/** Where the pages lie, from the root. */
export const FOLDER = 'docs/api'
const CLASSES = 'sync/classes'
const FILES = [
  ...readdirSync(join(DECLARED, CLASSES), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.d.ts') && !file.endsWith('index.d.ts'))
    .map((file) => `${CLASSES}/${file}`),
  'base/sync_error.d.ts',
  'mem/host.d.ts',
]
const WORD_BYTES = 4
const OURS = 'lockstorm Mutex (class)'
const LABEL = /^([A-Z][a-z]+) {2,}(.*)$/

/** What `lockstorm bench classes` measures, as the pages call it. */
const OPERATIONS = {
  Barrier: 'wait, of one party',
  Channel: 'send and receive',
  Completion: 'complete and wait',
  Condition: 'lock, signal and unlock, of one thread',
  Latch: 'wait, of one that is open',
  Mutex: 'lock and unlock',
  'Mutex.hold': 'hold and release',
  Once: 'run, of one that is done',
  ReentrantMutex: 'lock and unlock',
  RobustMutex: 'lock and unlock',
  'RobustRwSem.read': 'lockRead and unlockRead',
  'RobustRwSem.write': 'lockWrite and unlockWrite',
  'RwSem.read': 'lockRead and unlockRead',
  'RwSem.write': 'lockWrite and unlockWrite',
  Semaphore: 'acquire and release',
  SpinLock: 'lock and unlock',
  Srcu: 'lock and unlock',
}

/** Nanoseconds of a result of `lockstorm bench classes`, by what was measured. */
function costsOf({ results }) {
  const rows = results.flatMap(({ measured }) => measured)
  return new Map(
    rows.flatMap(({ contender, nsPerOp }) => {
      const [, name] = /^lockstorm (\S+) \(class\)$/.exec(contender) ?? []
      return name === undefined ? [] : [[name, Math.round(nsPerOp)]]
    }),
  )
}

/** Every operation, in Node and in the page. */
function costTable(costs, browser) {
  const name = /Chrome\/\d+/.exec(browser?.browser ?? '')?.[0].replace('/', ' ')
  const there = browser === undefined ? undefined : costsOf(browser)
  const head = ['class', 'what', 'Node, ns', ...(there === undefined ? [] : [`${name}, ns`])]
  const said = (ns) => ns?.toLocaleString('en') ?? 'n/a'
  const rows = Object.entries(OPERATIONS).map(([key, text]) => [
    `\`${key.split('.')[0]}\``,
    text,
    said(costs.get(key)),
    ...(there === undefined ? [] : [said(there.get(key))]),
  ])
  return tableOf(head, rows)
}

const tableOf = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** Our mutex beside others of one run, alone and contended, as multiples of the class. */
function peerTable({ env, results }) {
  const rows = results.flatMap(({ measured }) => measured)
  const workers = [...new Set(rows.map((row) => row.workers))]
  const names = [...new Set(rows.map((row) => row.contender))]
  const ns = (name, n) => rows.find((row) => row.contender === name && row.workers === n)?.nsPerOp
  const cell = (name, n) => {
    const [own, its] = [ns(OURS, n), ns(name, n)]
    return its === undefined
      ? 'n/a'
      : `${Math.round(its).toLocaleString('en')} ns, ${(its / own).toFixed(2)} ×`
  }
  const head = [`Node ${env.node}`, ...workers.map((n) => (n === 1 ? 'alone' : `${n} workers`))]
  return tableOf(
    head,
    names.map((name) => [name, ...workers.map((n) => cell(name, n))]),
  )
}

/** The costs of a class in a line; none: no line. */
function costLine(costs, name) {
  const mine = Object.entries(OPERATIONS).filter(([key]) => key.split('.')[0] === name && costs.has(key))
  if (mine.length === 0) return []
  const said = mine.map(([key, text]) => `${text} ${costs.get(key).toLocaleString('en')} ns`)
  return [`Costs alone: ${said.join('; ')} ([measured](README.md#what-they-cost)).`]
}

/** The docstring that ends where a declaration begins, as lines without stars; none: no lines. */
function docBefore(code, comments, start) {
  const found = comments.findLast(({ end, type }) => type === 'Block' && end <= start)
  if (found === undefined || !found.value.startsWith('*') || code.slice(found.end, start).trim() !== '')
    return []
  return found.value
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trimEnd())
}

/** A declaration as a reader wants it: on one line, without what only the compiler needs. */
function signature(text) {
  return text
    .replaceAll(/\s+/g, ' ')
    .replace(/;$/, '')
    .replace(/^(?:export |declare |abstract )+/, '')
    .replace(/, \.\.\.hint: NoPromise<T>/, '')
    .replace(/^constructor\b/, 'new')
    .replace('[dispose]', '[Symbol.dispose]')
}

function memberOf(code, comments, node) {
  const { start, end, key, static: isStatic = false } = node
  const doc = docBefore(code, comments, start)
  const name = code.slice(key.start, key.end)
  return { name: `${isStatic ? 'static ' : ''}${name}`, text: signature(code.slice(start, end)), doc }
}

/** Everything that is declared, by name. */
function declarations() {
  const all = new Map()
  for (const file of FILES) {
    const code = readFileSync(join(DECLARED, file), 'utf8')
    const { program, comments } = parseSync(file, code)
    for (const node of program.body) {
      const it = node.declaration ?? node
      if (it.type === 'VariableDeclaration' || it.id === undefined || it.id === null) continue
      const members = (it.body?.body ?? [])
        .filter(({ key, accessibility }) => key && key.type !== 'PrivateIdentifier' && !accessibility)
        .map((member) => memberOf(code, comments, member))
      const source = `src/${file.replace(/\.d\.ts$/, '.ts')}`
      const text = signature(code.slice(node.start, node.end))
      const doc = docBefore(code, comments, node.start)
      all.set(it.id.name, { name: it.id.name, base: it.superClass?.name, members, source, text, doc })
    }
  }
  return all
}

/** The members of a class and of those above it. What an override does not say, its base has said. */
function membersOf(all, one) {
  if (one?.base === undefined) return one?.members ?? []
  const above = membersOf(all, all.get(one.base)).filter(({ name }) => name !== 'constructor')
  const own = one.members.map((member) => {
    const same = above.find(({ name }) => name === member.name)
    return member.doc.length > 0 || same === undefined ? member : { ...member, doc: same.doc }
  })
  return [...own, ...above.filter(({ name }) => !own.some((member) => member.name === name))]
}

/** A docstring as Markdown: prose, then what has a label, then its tags. */
function markdown(doc) {
  const parts = []
  for (const line of doc) {
    const [, label, rest] = LABEL.exec(line) ?? []
    const [, tag, text] = /^@(\w+) ?(.*)$/.exec(line) ?? []
    if (label !== undefined) parts.push(`**${label}**: ${rest}`)
    else if (tag === 'param')
      parts.push(`*${text.replace(/^(\S+) /, '`$1`*: ')}`.replace('*`', '`').replace('`*', '`'))
    else if (tag !== undefined) parts.push(`${tag === 'returns' ? 'Returns' : 'Throws'} ${text}`)
    else if (line === '') parts.push('')
    else if (parts.length > 0 && parts.at(-1) !== '') parts[parts.length - 1] += ` ${line.trim()}`
    else parts.push(line)
  }
  return parts.filter((part) => part !== '')
}

const listed = ({ text, doc }) => {
  const [first = '', ...rest] = markdown(doc)
  return [
    `- \`${text}\`${first === '' ? '' : '  '}`,
    ...(first === '' ? [] : [`  ${first}`]),
    ...rest.map((part) => `  - ${part}`),
  ].join('\n')
}

/** The members under a head, if there are any. */
function part(title, members) {
  return members.length === 0 ? [] : [`## ${title}`, members.map(listed).join('\n')]
}

/** The constructor of a class of one size, which has none of its own. */
const sized = (all) => ({
  name: 'constructor',
  text: 'new(memory: Memory, address: number)',
  doc: all.get('Sized').doc,
})

function pageOf(all, costs, { name, words, entry }) {
  const one = all.get(name)
  const known = membersOf(all, one).filter((member) => !['view', 'address'].includes(member.name))
  const members = known.some((member) => member.name === 'constructor') ? known : [sized(all), ...known]
  const makes = (member) => member.name === 'constructor' || member.name.startsWith('static ')
  const size = words === undefined ? '' : ` · ${words} words, ${words * WORD_BYTES} bytes`
  const [first, ...rest] = markdown(one.doc)
  return [
    `# ${name}`,
    first,
    ...(rest.length === 0 ? [] : [rest.map((text) => `- ${text}`).join('\n')]),
    `\`import { ${name} } from '${entry}'\`${size} · [source](../../${one.source}) · [what all classes share](README.md)`,
    ...costLine(costs, name),
    ...part('To make one', members.filter(makes)),
    ...part(
      'To use it',
      members.filter((member) => !makes(member)),
    ),
    '',
  ].join('\n\n')
}

/** One that is no class with a place: its members under its own head. */
function section(all, name) {
  const one = all.get(name)
  if (one === undefined) throw new Error(`${name} is declared nowhere`)
  const [first = '', ...rest] = markdown(one.doc)
  const isFunction = one.text.startsWith('function')
  return [
    `### ${name}`,
    ...(isFunction ? [`\`${one.text.replace(/^function /, '')}\``] : []),
    first,
    ...rest.map((text) => `- ${text}`),
    ...(isFunction
      ? []
      : [
          one.members
            .filter(({ name: member }) => member !== 'constructor')
            .map(listed)
            .join('\n'),
        ]),
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** Our mutex beside others; without a run, nothing. */
function peersOf(runs) {
  if (runs.length === 0) return []
  return [
    'The mutex beside others, as time per pair and as a multiple of the class `Mutex` in the same run (`npm run results -- peers peers-v8`, each with the Node that it wants):',
    ...runs.flatMap((run) => [peerTable(run), where(run)]),
  ]
}

const firstOf = ({ doc }) => markdown(doc)[0] ?? ''

function index(all, classes, errors, measured, { browser, peers, v8 }) {
  const rows = classes.map(({ name }) => `| [${name}](${name}.md) | ${firstOf(all.get(name))} |`)
  const codes = errors.map(([name, code]) => `| \`${name}\` | \`${code}\` | ${firstOf(all.get(name))} |`)
  return [
    '# lockstorm/sync',
    'These pages are made of the docstrings of the classes, by `node tools/api.mjs`. [src/sync/classes](../../src/sync/classes/README.md) has an example and the table of all methods; [names.md](../names.md) says what each is called in Java, Rust, POSIX, Go and Linux. `lockstorm bench sync` measures what each costs on your computer.',
    ['| class | |', '|---|---|', ...rows].join('\n'),
    '## What all classes share',
    `Every thread makes its own object over the same memory: all state is in the shared words. A memory is a SharedArrayBuffer, or an Int32Array over one to which addresses are relative; an address counts 32-bit words. A constructor throws a TypeError if the memory is none, a RangeError if the object does not fit or overlaps another one. Its \`view\` is an Int32Array over all of the memory, its \`address\` the first word of the object in it.`,
    'Times are milliseconds, 0 or more, Infinity among them: another type is a TypeError, NaN or a negative number a RangeError. What blocks throws a BlockingError where the thread must not, as on the main thread of a page, and names the asynchronous form. `…For(timeoutMs)` returns false, or no guard, when the time is up; `…Async({ timeoutMs, signal })` rejects then.',
    '## What they cost',
    `Wall time of a pair by one thread, nobody else there: the median over rounds of \`lockstorm bench classes\`. ${where(measured)} \`npm run results -- classes browser\` measures anew.`,
    costTable(costsOf(measured), browser),
    ...(browser === undefined ? [] : [`The page, ${browser.browser}: ${where(browser)}`]),
    ...peersOf([peers, v8].filter((run) => run !== undefined)),
    '## Functions and options',
    ...[
      'layout',
      'Layout',
      'words',
      'attachThread',
      'recycle',
      'WaitOptions',
      'TurnOptions',
      'UnitOptions',
      'Guard',
      'Shape',
    ].map((name) => section(all, name)),
    '## Errors',
    'Each is a SyncError and has a `code`, which tells the kinds apart where `instanceof` cannot, as across realms.',
    ['| error | `code` | |', '|---|---|---|', ...codes].join('\n'),
    '',
  ].join('\n\n')
}

/** A result that is kept; undefined if there is none. */
function kept(file) {
  return existsSync(join(ROOT, file)) ? JSON.parse(readFileSync(join(ROOT, file), 'utf8')) : undefined
}

/** The classes of an entry of the package that begins with `sync`. */
async function classesOf([key, { default: path }]) {
  const library = await import(pathToFileURL(join(ROOT, path)).href)
  return Object.entries(library)
    .filter(([, value]) => Function.prototype.toString.call(value).startsWith('class '))
    .map(([name, Made]) => ({ name, Made, words: Made.WORDS, entry: key.replace('.', 'lockstorm') }))
}

/** The pages as they should be: `{ name: text }`. */
export async function apiPages() {
  const measured = JSON.parse(readFileSync(join(ROOT, COSTS), 'utf8'))
  const costs = costsOf(measured)
  const more = Object.fromEntries(Object.entries(MORE).map(([name, file]) => [name, kept(file)]))
  const all = declarations()
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const entries = Object.entries(exports).filter(([key]) => /^\.\/sync(\/|$)/.test(key))
  const made = (await Promise.all(entries.map(classesOf))).flat().sort((a, b) => (a.name < b.name ? -1 : 1))
  const isError = ({ Made }) => Made.prototype instanceof Error
  const classes = made.filter((one) => !isError(one))
  const errors = new Map(
    made
      .filter((one) => isError(one) && one.name !== 'SyncError')
      .map(({ name, Made }) => [name, new Made('').code]),
  )
  return Object.fromEntries([
    ['README.md', index(all, classes, [...errors], measured, more)],
    ...classes.map((one) => [`${one.name}.md`, pageOf(all, costs, one)]),
  ])
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { build } = await import('./build.mjs')
  build()
  const pages = await apiPages()
  const folder = join(ROOT, FOLDER)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text)
}
