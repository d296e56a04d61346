/**
 * Turns what the narrator heard into the rows of a ladder: calls as they are entered, and the accesses that matter: those
 * to words that several CPUs touch and one writes, and everything about sleeping, waking and freeing.
 */
import type { LadderRow } from '../report/ladder.ts'
import {
  ADD,
  AND,
  CAS,
  CHOOSE,
  LOAD,
  OR,
  RELAX,
  RESUME,
  STORE,
  SUB,
  TIMEOUT,
  WAIT,
  WAKE,
  WRITES,
  XCHG,
  XOR,
} from './dependence.ts'
import { ALLOC, FREE, MIGHT_SLEEP } from './engine/log.ts'
import { DEADLOCK, LIVELOCK, LOST_WAKEUP, OUTCOME_NAMES, STEP_LIMIT } from '../define/outcome.ts'
import type { Entry, Frame } from './narrator.ts'
import type { Symbols } from './symbols.ts'

/** Words that more than one CPU touches and at least one writes. */
function sharedWords(entries: readonly Entry[]): Set<number> {
  const users = new Map<number, number>()
  const written = new Set<number>()
  for (const { kind, cpu, addr, op, cls } of entries) {
    if (kind === 'note' || kind === 'failure') continue
    users.set(addr, (users.get(addr) ?? 0) | (1 << cpu))
    if (kind === 'plain' ? op === 1 : (cls & WRITES) !== 0) written.add(addr)
  }
  return new Set([...written].filter((addr) => ((users.get(addr) ?? 0) & ((users.get(addr) ?? 0) - 1)) !== 0))
}

/** Text of an access. */
function textOf(e: Entry, symbols: Symbols, cpus: number): string {
  if (e.caption !== '') return e.caption
  const name = symbols.word(e.addr)
  if (e.kind === 'failure') return `*** ${OUTCOME_NAMES[e.op] ?? ''}${e.addr === 0 ? '' : `: ${name}`} ***`
  const [x, y, old] = [symbols.value(e.x), symbols.value(e.y), symbols.value(e.old)]
  if (e.kind === 'plain') return e.op === 1 ? `${name} = ${x}` : `${name} is ${x}`
  switch (e.op) {
    case LOAD:
      return `${name} is ${old}`
    case STORE:
      return `${name} = ${x}`
    case ADD:
      return `${name} += ${e.x}   /* ${e.old} -> ${e.y} */`
    case SUB:
      return `${name} -= ${e.x}   /* ${e.old} -> ${e.y} */`
    case OR:
      return `${name} |= ${e.x}   /* ${e.old} -> ${e.y} */`
    case AND:
      return `${name} &= ${e.x}   /* ${e.old} -> ${e.y} */`
    case XOR:
      return `${name} ^= ${e.x}   /* ${e.old} -> ${e.y} */`
    case XCHG:
      return `xchg(&${name}, ${x})   /* was ${old} */`
    case CAS:
      return `cmpxchg(&${name}, ${x}, ${y})   /* ${e.old === e.x ? 'ok' : `fails: is ${old}`} */`
    case WAIT:
      return `futex_wait(&${name}, ${e.x})   /* ${e.y === 0 ? 'sleeps' : `is ${e.old}: returns`} */`
    case WAKE: {
      if (symbols.foreign) return notifyText(e, name, cpus)
      return `futex_wake(&${name})   /* ${wokenBy(e, cpus)} */`
    }
    case RELAX:
      return symbols.foreign ? 'Atomics.pause()' : 'cpu_relax()'
    case CHOOSE:
      return e.cls === 0 && e.y > 0 ? `choose(${e.y})${e.x === 0 ? '' : ` is ${e.x}`}` : ''
    case RESUME:
      return '/* woken */'
    case TIMEOUT:
      return e.x === 1 ? '/* woken by nobody */' : '/* timed out */'
    default:
      return ''
  }
}

function wokenBy(e: Entry, cpus: number): string {
  const woken = Array.from({ length: cpus }, (_, cpu) => cpu).filter((cpu) => ((e.y >> cpu) & 1) !== 0)
  return woken.length === 0 ? 'nobody sleeps' : `wakes ${woken.map((cpu) => `cpu-${cpu}`).join(', ')}`
}

function notifyText(e: Entry, name: string, cpus: number): string {
  return `Atomics.notify(${name}${e.x < 0 ? '' : `, ${e.x}`})   /* ${wokenBy(e, cpus)} */`
}

/** Where an access is in the source, if that is foreign code. */
function placeOf(frame: Frame | undefined, foreign: boolean): string {
  if (!foreign || frame === undefined || frame.file === '') return ''
  const file = frame.file.split(/[/\\]/).at(-1) ?? ''
  return `   ${file}:${frame.at.split(':')[0] ?? ''}`
}

/** Argument of a call into a lock or allocator: what its first access or note is about. */
function argumentOf(e: Entry, symbols: Symbols): string {
  if (e.kind === 'note' && e.op === MIGHT_SLEEP) return ''
  return e.addr === 0 ? '' : `&${symbols.object(e.addr)}`
}

/** Which calls are shown as one line: those into these folders of src. */
export class Folding {
  readonly #pattern: RegExp

  constructor(layers: readonly string[]) {
    this.#pattern = new RegExp(`/src/(${layers.length === 0 ? '-' : layers.join('|')})/`)
  }

  folds({ file }: Frame): boolean {
    return this.#pattern.test(file)
  }

  /** The frames that are shown: those outside the folders, and the first call into them from the innermost of those. */
  shown(frames: readonly Frame[]): Frame[] {
    const named = frames.filter(({ name }) => name !== '')
    const inner = named.findLastIndex((frame) => !this.folds(frame))
    return named.filter((frame, i) => i === inner + 1 || !this.folds(frame))
  }
}

const NO_STEP = new Set([DEADLOCK, LOST_WAKEUP, LIVELOCK, STEP_LIMIT])
/** What a task notes about itself. */
const BOOKKEEPING = /\/src\/mem\/task\./
const LIBRARY = /\/src\/(mem|sync)\//

/** Builds the rows, CPU by CPU keeping the stack of calls that are open. */
export class LadderBuilder {
  readonly rows: LadderRow[] = []
  readonly #symbols: Symbols
  readonly #folding: Folding
  readonly #cpus: number
  readonly #open: (readonly Frame[])[]
  /** Word that the failure is about: every access to it is shown. */
  readonly #failedAddr: number

  constructor(symbols: Symbols, folding: Folding, cpus: number, failedAddr: number) {
    this.#failedAddr = failedAddr
    this.#symbols = symbols
    this.#folding = folding
    this.#cpus = cpus
    this.#open = Array.from({ length: cpus }, () => [])
  }

  /** Adds everything the narrator heard. */
  addAll(entries: readonly Entry[]): void {
    const shared = sharedWords(entries)
    const failure = entries.findLast(({ kind }) => kind === 'failure')
    entries.forEach((entry, i) => {
      // Where a CPU stands when nothing can run any more is no step.
      if (entry.kind === 'failure' && (entry !== failure || NO_STEP.has(entry.op))) return
      // might_sleep comes before the lock is named: let the next entry of the same CPU open the call.
      if (entry.kind === 'note' && entry.op === MIGHT_SLEEP) return
      this.#add(entry, shared, i === entries.length - 1)
    })
  }

  #add(e: Entry, shared: ReadonlySet<number>, last: boolean): void {
    const innermost = e.frames.findLast(({ name }) => name !== '')
    if (BOOKKEEPING.test(innermost?.file ?? '')) return
    const frames = this.#folding.shown(e.frames)
    const visible = frames.length
    const folded = frames.findIndex((frame) => this.#folding.folds(frame))
    const common = this.#common(this.#open[e.cpu] ?? [], frames)
    for (let depth = common; depth < visible; depth++) {
      const frame = frames[depth] as Frame
      // A library function that calls back out has not touched its own argument yet.
      const own = e.frames.slice(e.frames.indexOf(frame)).every(({ file }) => LIBRARY.test(file))
      const argument = own ? argumentOf(e, this.#symbols) : ''
      this.#row(e.cpu, depth, `${frame.name}(${argument})${depth === folded ? ';' : ''}`)
    }
    this.#open[e.cpu] = frames
    if (this.#shown(e, shared, folded >= 0) || (last && e.kind !== 'note')) {
      const inside = folded >= 0 && innermost !== frames[folded] ? `   [${innermost?.name ?? ''}]` : ''
      const text = textOf(e, this.#symbols, this.#cpus) + inside
      const place = placeOf(
        e.frames.findLast((frame) => frame.file !== '' && !this.#folding.folds(frame)),
        this.#symbols.foreign,
      )
      if (text !== '') this.#row(e.cpu, visible, text + place)
    }
    if (e.kind === 'note' && (e.op === FREE || e.op === ALLOC)) {
      this.#row(
        e.cpu,
        visible,
        `/* ${e.op === FREE ? 'frees' : 'allocates'} ${this.#symbols.extent(e.addr)} */`,
      )
    }
  }

  /** Number of frames that are still the calls that were open. */
  #common(open: readonly Frame[], frames: readonly Frame[]): number {
    let k = 0
    while (k < open.length && k < frames.length && open[k]?.name === frames[k]?.name) {
      k++
      if (open[k - 1]?.at !== frames[k - 1]?.at) break
    }
    return k
  }

  #shown(e: Entry, shared: ReadonlySet<number>, folded: boolean): boolean {
    if (e.kind === 'failure') return true
    if (e.kind === 'note') return false
    if (e.addr === this.#failedAddr && e.addr !== 0) return true
    const sleeps = e.kind === 'event' && ((e.op === WAIT && e.y === 0) || e.op === RESUME || e.op === TIMEOUT)
    if (folded) return sleeps
    if (e.kind === 'event' && (e.op === WAIT || e.op === WAKE || sleeps)) return true
    return shared.has(e.addr)
  }

  #row(cpu: number, depth: number, text: string): void {
    this.rows.push({ cpu, depth, text })
  }
}
