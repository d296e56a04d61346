// The page: an editor, the program in a worker, its verdict and the schedule that breaks it.
import { showLadder } from './ladder.js'
import { run } from './run.js'

const $ = (id) => document.getElementById(id)
const [example, source, lines, explore, verdict, ladder] = [
  'example',
  'source',
  'lines',
  'explore',
  'verdict',
  'ladder',
].map($)
/** Programs as they were left, by their names. */
const edited = new Map()
const NAME = 'program.js'
let shown = ''
let stop

/** Numbers of lines, one of them marked. */
function number(marked) {
  const count = source.value.split('\n').length
  if (lines.childElementCount !== count) {
    lines.replaceChildren(
      ...Array.from({ length: count }, (_, i) =>
        Object.assign(document.createElement('span'), { textContent: i + 1 }),
      ),
    )
  }
  for (const [i, one] of [...lines.children].entries()) one.classList.toggle('now', i + 1 === marked)
}

/** Marks a line and brings it into view. */
function mark(line) {
  number(line === undefined ? undefined : Number(line))
  const one = lines.children[line - 1]
  if (one === undefined) return
  const { offsetTop, offsetHeight } = one
  const { scrollTop, clientHeight } = source
  if (offsetTop < scrollTop || offsetTop + offsetHeight > scrollTop + clientHeight) {
    source.scrollTop = offsetTop - clientHeight / 2
  }
}

async function open(name) {
  if (shown !== '') edited.set(shown, source.value)
  shown = name
  source.value = edited.get(name) ?? (await (await fetch(`/programs/${name}.js`)).text())
  clear()
}

function clear() {
  stop?.()
  verdict.replaceChildren()
  ladder.replaceChildren()
  number()
}

function say(name, ...texts) {
  for (const text of texts) {
    const made = document.createElement('p')
    made.className = name
    made.textContent = text
    verdict.append(made)
  }
}

const counted = (n, one) => `${n.toLocaleString('en')} ${one}${n === 1 ? '' : 's'}`

function show({ verdict: kind, executions, failure, limits }) {
  if (failure !== undefined) {
    const { message, at, preemptions, replay } = failure
    const why = message === '' ? '' : `: ${message}`
    say('bad', `Fails: ${failure.kind}${why}`)
    say('', `Found in execution ${at}, and shortened to ${counted(preemptions, 'preemption')}.`)
    if (replay !== '') say('source', `replay(program, '${replay}') runs this schedule again.`)
    showLadder(ladder, failure.ladder, NAME, mark)
  } else if (kind === 'holds') {
    say('good', `Holds: ${counted(executions, 'execution')}, which is every interleaving that differs.`)
  } else say('', `No failure in ${counted(executions, 'execution')}, which are not all.`)
  say('', ...limits)
}

function hear(message) {
  verdict.querySelector('.waiting')?.remove()
  if (message.kind === 'verdict') show(message)
  else if (message.kind === 'error') say('bad', message.text)
  else {
    stop = undefined
    explore.textContent = 'Explore'
    if (verdict.childElementCount === 0)
      say('bad', 'The program explores nothing: call mustHold, or one of its kin.')
  }
}

function start() {
  clear()
  explore.textContent = 'Stop'
  say('waiting', 'Exploring…')
  stop = run(source.value, NAME, hear)
}

explore.addEventListener('click', () => {
  if (stop === undefined) start()
  else {
    say('bad', 'The program was stopped.')
    stop()
  }
})
source.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  start()
})
source.addEventListener('input', () => number())
source.addEventListener('scroll', () => {
  lines.scrollTop = source.scrollTop
})
example.addEventListener('change', () => {
  void open(example.value)
})
$('reset').addEventListener('click', () => {
  edited.delete(shown)
  shown = ''
  void open(example.value)
})

await open(example.value)
if (!globalThis.crossOriginIsolated) {
  say(
    'bad',
    'This page has no shared memory: its address must be 127.0.0.1 or localhost, and its server lockstorm playground.',
  )
}
