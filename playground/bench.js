// The page that measures the classes where it runs.
import { measure } from './lockstorm/bench/page.js'
import { MEDIAN, OPERATIONS_HEAD, operationCells } from './lockstorm/src/report/bench_rows.js'

const [status, costs, left] = ['status', 'costs', 'left'].map((id) => document.getElementById(id))
const buttons = { full: document.getElementById('measure'), quick: document.getElementById('quick') }
/** Of a run with one worker at a time, these are empty. */
const columns = [0, 1, 2, 3, 4]
let running
let asked = false

function rowOf(cells, name) {
  const row = document.createElement('tr')
  for (const i of columns) {
    const cell = document.createElement(name)
    cell.textContent = cells[i]
    if (i === MEDIAN && name === 'td') cell.className = 'median'
    row.append(cell)
  }
  return row
}

function hear({ measured, skipped }) {
  for (const row of measured) costs.tBodies[0].append(rowOf(operationCells(row), 'td'))
  for (const { contender, reason } of skipped) {
    const line = document.createElement('p')
    line.textContent = `left out: ${contender} ${reason}`
    left.append(line)
  }
}

async function run(effort) {
  running = effort
  asked = false
  const { [effort]: button } = buttons
  const text = button.textContent
  button.textContent = 'Stop'
  status.textContent = 'The workers start…'
  costs.tBodies[0].replaceChildren()
  left.replaceChildren()
  const progress = (told) => {
    status.textContent = told
  }
  try {
    await measure(effort, { progress, hear, stop: () => asked })
    const { hardwareConcurrency: cores, userAgent } = navigator
    status.textContent = `${asked ? 'Stopped' : effort === 'quick' ? 'All of it runs' : 'Measured'}: ${userAgent}, ${cores} cores`
  } catch (error) {
    status.textContent = `The run broke: ${error.message}`
  }
  button.textContent = text
  running = undefined
}

costs.tHead.replaceChildren(rowOf(OPERATIONS_HEAD, 'th'))
for (const [effort, button] of Object.entries(buttons)) {
  button.addEventListener('click', () => {
    if (running === undefined) void run(effort)
    else if (running === effort) asked = true
  })
}
if (!globalThis.crossOriginIsolated) {
  status.textContent =
    'This page has no shared memory: its address must be 127.0.0.1 or localhost, and its server lockstorm playground.'
}
