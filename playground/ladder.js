// A schedule that can be stepped through: one row per step, in the column of its CPU.
import { ladderRows } from './lockstorm/src/report/ladder.js'

/** Values before and after, as the explorer writes them behind an access. */
const NOTE = /\s+(\/\*.*\*\/)\s*$/
const PLACE = /\s{2,}([\w.-]+):(\d+)(?=\s*$)/

/** A new element with a class and a text. */
function element(tag, name, text = '') {
  const made = document.createElement(tag)
  made.className = name
  made.textContent = text
  return made
}

function rowOf({ cpu, depth, text }, program) {
  const [, file, line] = PLACE.exec(text) ?? []
  const item = element('li', /\*\*\*/.test(text) ? 'end' : '')
  item.style.setProperty('--cpu', cpu + 1)
  item.style.setProperty('--depth', Math.max(0, Math.floor(depth)))
  const bare = text.replace(PLACE, '')
  const [, note] = NOTE.exec(bare) ?? []
  item.append(element('span', 'cpu', `cpu-${cpu}`), element('code', '', bare.replace(NOTE, '')))
  if (note !== undefined) item.append(' ', element('code', 'note', note))
  if (line !== undefined) {
    const isProgram = file === program
    item.append(element('span', 'place', isProgram ? `line ${line}` : `${file}:${line}`))
    if (isProgram) item.dataset.line = line
  }
  return item
}

/**
 * Shows a ladder in `box`: buttons, the list, and what stands below it.
 * @param program name of the file whose lines are marked
 * @param mark called with the line of the step that is shown, or undefined
 */
export function showLadder(box, lines, program, mark) {
  const { cpus, rows, below } = ladderRows(lines)
  const items = rows.map((row) => rowOf(row, program))
  const list = element('ol', 'ladder')
  list.setAttribute('role', 'list')
  list.append(...items)
  const heads = element('div', 'ladder heads')
  heads.ariaHidden = 'true'
  heads.append(...Array.from({ length: cpus }, (_, cpu) => element('span', 'head', `cpu-${cpu}`)))
  const steps = element('div', 'steps')
  steps.style.setProperty('--cpus', cpus)
  steps.tabIndex = 0
  steps.setAttribute('role', 'group')
  steps.ariaLabel = 'The steps of the schedule. Arrow keys step, Home and End jump.'
  steps.append(heads, list)
  const said = element('output', 'said')
  const walk = element('p', 'walk')

  let at = items.length
  const go = (to) => {
    at = Math.max(0, Math.min(items.length, to))
    for (const [i, item] of items.entries()) {
      item.classList.toggle('now', i === at - 1)
      item.classList.toggle('later', i >= at)
      if (i === at - 1) item.ariaCurrent = 'step'
      else item.ariaCurrent = null
    }
    const item = items[at - 1]
    said.textContent = `step ${at} of ${items.length}`
    if (item !== undefined) said.append(element('span', 'unseen', `: ${item.innerText}`))
    item?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    mark(item?.dataset.line)
  }
  const buttons = [
    ['first', () => 1],
    ['back', () => at - 1],
    ['next', () => at + 1],
    ['last', () => items.length],
  ].map(([text, to]) => {
    const button = element('button', '', text)
    button.type = 'button'
    button.addEventListener('click', () => go(to()))
    return button
  })
  walk.append(...buttons, said)
  const keys = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity }
  steps.addEventListener('keydown', (event) => {
    const by = keys[event.key]
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    go(by === -Infinity ? 1 : at + by)
  })
  said.textContent = `${items.length} steps`
  box.replaceChildren(...(items.length > 0 ? [walk, steps] : []))
  for (const line of below) if (line.trim() !== '') box.append(element('p', 'end', line))
}
