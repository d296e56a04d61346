/**
 * The journal of a storm on a real tree: which devices it makes, written before they are made, so that what an interrupted run left
 * can be found and removed, and nothing else is touched.
 *
 *   first line   the run: tree, type, process and when that began
 *   other lines  uuid and parent of each device that may be there
 *
 * Invariant   a device is in the journal, on disk, before anybody writes its uuid into a `create`. The file goes when all is gone.
 * Place       $XDG_STATE_HOME/lockstorm, or ~/.local/state/lockstorm; one file per run.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { errname } from '../../../../base/errno.ts'
import { echo } from './echo.ts'
import { madeFrom, removeFile, type RealTree } from './tree.ts'

const ENDING = '.journal'

/** A device that a run may have made. */
export interface Entry {
  readonly uuid: string
  readonly parent: string
}

/** A journal, read back. */
export interface JournalFile {
  readonly path: string
  readonly dir: string
  readonly type: string
  readonly pid: number
  /** True while the run that writes it goes on, or one of its calls has not come back yet. */
  readonly alive: boolean
  readonly entries: readonly Entry[]
}

/** Where journals are kept. */
export function journalFolder(): string {
  const { XDG_STATE_HOME: state = '' } = process.env
  return join(state === '' ? join(homedir(), '.local/state') : state, 'lockstorm')
}

/** When a process began; '' if there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

/** The journal of this run. */
export class Journal {
  readonly path: string
  readonly #tree: RealTree
  readonly #fd: number

  constructor(tree: RealTree) {
    this.#tree = tree
    mkdirSync(journalFolder(), { recursive: true, mode: 0o700 })
    this.path = join(journalFolder(), `sysfs-${tree.nonce}${ENDING}`)
    this.#fd = openSync(this.path, 'wx', 0o600)
    const { dir, type } = tree
    this.#write([JSON.stringify({ dir, type, pid: process.pid, start: startOf(process.pid) })])
  }

  #write(lines: readonly string[]): void {
    writeSync(this.#fd, `${lines.join('\n')}\n`)
    fsyncSync(this.#fd)
  }

  /** Notes devices that are about to be made: uuid, and the parent by its number in the tree. */
  note(devices: readonly (readonly [uuid: string, parent: number])[]): void {
    this.#write(devices.map(([uuid, parent]) => `${uuid} ${this.#tree.parents[parent] ?? ''}`))
  }

  /** Ends the run: removes what is left of it, and the file if nothing is. Returns what could not be removed. */
  end(): readonly Left[] {
    closeSync(this.#fd)
    return cleanJournal(readJournal(this.path) as JournalFile)
  }
}

/** Reads a journal; undefined if it is none. A last line that was cut short names nothing: its devices were not made. */
function readJournal(path: string): JournalFile | undefined {
  try {
    const [head = '', ...lines] = readFileSync(path, 'utf8').split('\n').slice(0, -1)
    const { dir, type, pid, start } = JSON.parse(head) as {
      dir: string
      type: string
      pid: number
      start: string
    }
    const entries = lines.map((line) => {
      const [uuid = '', parent = ''] = line.split(' ')
      return { uuid, parent }
    })
    return { path, dir, type, pid, alive: startOf(pid) === start, entries }
  } catch {
    return undefined
  }
}

/** The journals that are there. */
export function journals(): JournalFile[] {
  const folder = journalFolder()
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).filter((name) => name.endsWith(ENDING))
  return files.flatMap((name) => readJournal(join(folder, name)) ?? [])
}

/** A device that is still there, and why. */
export interface Left {
  readonly uuid: string
  readonly why: string
}

/** Devices of a journal that are there now, and made as it says: of that type, on that parent. */
export function devicesIn({ dir, type, entries }: JournalFile): Entry[] {
  const once = new Map(entries.map((entry) => [entry.uuid, entry]))
  return [...once.values()].filter(({ uuid, parent }) => {
    const made = madeFrom(dir, uuid)
    return made !== undefined && made.parent === parent && made.type === type
  })
}

/** Removes what a journal names and is there, then the journal. Returns what could not be removed; then it is kept. */
export function cleanJournal(journal: JournalFile): readonly Left[] {
  const left = devicesIn(journal).flatMap(({ uuid }): Left[] => {
    const ret = echo(removeFile(journal.dir, uuid), '1')
    return ret === 0 ? [] : [{ uuid, why: errname(ret) }]
  })
  if (left.length === 0) rmSync(journal.path, { force: true })
  return left
}
