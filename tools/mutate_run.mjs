// Shows each mutant to its oracle. An oracle that has seen one is run without any mutant, too: if it fails then, it sees nothing.
import { misfit, original, Scratch } from './mutate_scratch.mjs'

const equivalent = (mutant) => 'equivalent' in mutant.oracle

/** Mutants that cannot be applied to the tree at `root`: one line each. */
export function misfits(root, mutants) {
  return mutants.flatMap((mutant) => {
    const text = original(root, mutant)
    const why = text === undefined ? `${mutant.file} is gone` : misfit(text, mutant)
    return why === undefined ? [] : [`mutant ${mutant.name} does not apply: ${why}; mend it`]
  })
}

/** What an oracle's end means: 'caught', 'survived', or why it says nothing. */
function meaning(oracle, { code, output }) {
  if (code === undefined) return oracle.hangs ? 'caught' : `no end within ${oracle.limitS} s`
  if (oracle.seen.includes(code)) return 'caught'
  return code === 0 ? 'survived' : `the oracle broke (exit code ${code}): ${lastLine(output)}`
}

function lastLine(text) {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}

async function baseline(scratch, oracle) {
  const { code, output } = await scratch.run(oracle)
  if (code === 0) return undefined
  const how =
    code === undefined
      ? `does not end within ${oracle.limitS} s`
      : `ends with exit code ${code}: ${lastLine(output)}`
  return `without the mutant its oracle ${how}`
}

async function attempt(scratch, mutant) {
  const restore = scratch.apply(mutant)
  try {
    const words = scratch.compile()
    if (words !== '') return { verdict: `does not compile: ${words.split('\n')[0]}`, seconds: 0 }
    if (equivalent(mutant)) return { verdict: 'equivalent', seconds: 0 }
    const end = await scratch.run(mutant.oracle)
    return { verdict: meaning(mutant.oracle, end), seconds: end.seconds, output: end.output }
  } finally {
    restore()
  }
}

/** What is caught counts only if the oracle is content with the sources as they are: asked once for each oracle. */
async function judge(scratch, mutant, asked) {
  const end = await attempt(scratch, mutant)
  if (end.verdict !== 'caught') return end
  const key = mutant.oracle.argv.join(' ')
  if (!asked.has(key)) {
    scratch.compile()
    asked.set(key, baseline(scratch, mutant.oracle))
  }
  const why = await asked.get(key)
  return why === undefined ? end : { ...end, verdict: why }
}

/** Calls `work` for every item, on each of the workers one at a time. */
async function share(items, workers, work) {
  const left = [...items]
  const one = async (worker) => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(worker, item)
  }
  await Promise.all(workers.map(one))
}

/**
 * Tries the mutants in copies of the tree at `root`, as many at once as `jobs`.
 * @param {(result) => void} tell called with each result: { mutant, verdict, seconds }
 * @returns the results in the order of the mutants
 */
export async function tryAll(root, mutants, { jobs, tell = () => {}, signal }) {
  const first = new Scratch(root)
  const scratches = [first]
  const stop = () => scratches.forEach((scratch) => scratch.stop())
  signal?.addEventListener('abort', stop)
  try {
    const words = first.compile()
    if (words !== '') throw new Error(`the tree does not compile:\n${words}`)
    // The others begin with what the first has compiled.
    while (scratches.length < Math.min(jobs, mutants.length)) scratches.push(new Scratch(first.dir))
    const asked = new Map()
    const results = new Map()
    await share(mutants, scratches, async (scratch, mutant) => {
      if (signal?.aborted) return
      const end = await judge(scratch, mutant, asked)
      if (signal?.aborted) return
      results.set(mutant, { mutant, ...end })
      tell(results.get(mutant))
    })
    return mutants.filter((mutant) => results.has(mutant)).map((mutant) => results.get(mutant))
  } finally {
    signal?.removeEventListener('abort', stop)
    for (const scratch of scratches) scratch.remove()
  }
}
