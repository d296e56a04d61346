/**
 * Files of the user's in a campaign: a unit names them with the hash of what they hold, they travel under that hash, and where they
 * run they lie below a folder of ours, in a folder of that name. What does not hash to its name is no file of the campaign.
 */
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ShapeError } from '../define/shape.ts'
import type { Unit } from '../results/campaign.ts'
import { writeWhole } from '../results/io.ts'
import { baseOf } from './unit.ts'

const PACKAGE = fileURLToPath(new URL('../../..', import.meta.url))
const MOST_BYTES = 1_000_000

const hashOf = (content: string): string => createHash('sha256').update(content).digest('hex')

/** The files that a campaign file names, as they are beside it. */
export class CampaignFiles {
  readonly #base: string
  readonly #hashes = new Map<string, string>()
  /** What they hold, by hash. */
  readonly contents = new Map<string, string>()

  constructor(campaignFile: string) {
    this.#base = dirname(resolve(campaignFile))
  }

  /** @throws ShapeError if there is no such file */
  readonly hash = (path: string): string => {
    const known = this.#hashes.get(path)
    if (known !== undefined) return known
    let content: string
    try {
      content = readFileSync(resolve(this.#base, path), 'utf8')
    } catch (error) {
      throw new ShapeError(`${path}: it cannot be read: ${(error as NodeJS.ErrnoException).code}`)
    }
    if (content.length > MOST_BYTES) throw new ShapeError(`${path}: it is larger than ${MOST_BYTES} bytes`)
    const hash = hashOf(content)
    this.#hashes.set(path, hash)
    this.contents.set(hash, content)
    return hash
  }
}

/** The folder in which files of campaigns lie by hash. They find this package as `lockstorm`. */
export class FileFolder {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = resolve(folder)
  }

  #path(hash: string, path: string): string {
    return join(this.#folder, hash, baseOf(path))
  }

  /** True if a unit's files are all here. */
  has({ files }: Pick<Unit, 'files'>): boolean {
    return Object.entries(files).every(([path, hash]) => existsSync(this.#path(hash, path)))
  }

  /** @throws ShapeError if this is not what the hash says */
  add(path: string, hash: string, content: string): void {
    if (hashOf(content) !== hash) throw new ShapeError(`${path}: what it holds has another hash than ${hash}`)
    const file = this.#path(hash, path)
    if (existsSync(file)) return
    mkdirSync(dirname(file), { recursive: true })
    this.#linkPackage()
    writeWhole(file, content)
  }

  #linkPackage(): void {
    const link = join(this.#folder, 'node_modules/lockstorm')
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return
    mkdirSync(dirname(link), { recursive: true })
    try {
      symlinkSync(PACKAGE, link)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }

  /** The words of a unit, or others with files of its, as they are on this machine. */
  readonly words = (unit: Unit, words = unit.words): readonly string[] => {
    const names = Object.entries(unit.files)
    if (names.length === 0) return words
    const here = new Map(names.map(([path, hash]) => [path, this.#path(hash, path)]))
    return words.map((word) => word.replaceAll(/[^,=]+/g, (part) => here.get(part) ?? part))
  }
}
