// A copy of the tree in which mutants are tried, one at a time: the sources are changed there, compiled and put back.
import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const COPIED = [
  'src',
  'test',
  'tools',
  'workers',
  'bench',
  'docs',
  'dist',
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'tsconfig.json',
  'tsconfig.build.json',
  'vitest.config.ts',
]
/** Whoever makes the mistake removes what it leaves unused as well. */
const LAX = ['--noUnusedLocals', 'false', '--noUnusedParameters', 'false']
/** The scratch tree is compiled by this file alone: its tests run what lies there. */
const NO_BUILD = 'export function build() {}\n'

/** Why the text cannot be changed as the mutant says, or undefined. */
export function misfit(text, mutant) {
  for (const { find, replace } of editsOf(mutant)) {
    if (find === replace) return 'the snippet and its replacement are the same'
    const places = text.split(find).length - 1
    if (places !== 1)
      return `the snippet occurs ${places === 0 ? 'nowhere' : `${places} times`} in ${mutant.file}`
  }
  return undefined
}

function editsOf(mutant) {
  return [mutant, ...(mutant.also ?? [])]
}

/** Text of the mutant's file, or undefined if it is gone. */
export function original(root, mutant) {
  const path = join(root, mutant.file)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** One copy of the tree at `root`. Its dist belongs to the sources, whatever the one that was copied did. */
export class Scratch {
  constructor(root) {
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'lockstorm-mutants-')))
    for (const name of COPIED) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(this.dir, name), { recursive: true })
    }
    if (existsSync(join(this.dir, 'tools'))) writeFileSync(join(this.dir, 'tools/build.mjs'), NO_BUILD)
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'))
    this.child = undefined
  }

  /** Compiles what has changed. Returns the compiler's words, '' if it has none. */
  compile() {
    const tsc = join(this.dir, 'node_modules/typescript/bin/tsc')
    const argv = [
      tsc,
      '-p',
      'tsconfig.build.json',
      '--incremental',
      '--tsBuildInfoFile',
      '.tsbuildinfo',
      ...LAX,
    ]
    const run = spawnSync(process.execPath, argv, { cwd: this.dir, encoding: 'utf8' })
    return run.status === 0
      ? ''
      : run.stdout + run.stderr || `the compiler ended with ${run.status ?? run.signal}`
  }

  /** Changes the mutant's file. The return value puts it back; the next `compile` sees to the rest. */
  apply(mutant) {
    const path = join(this.dir, mutant.file)
    const text = readFileSync(path, 'utf8')
    const change = (now, { find, replace }) => now.replace(find, () => replace)
    writeFileSync(path, editsOf(mutant).reduce(change, text))
    return () => writeFileSync(path, text)
  }

  /** Runs an oracle. Resolves to its exit code (undefined: it ran past its limit), its last words and its seconds. */
  run(oracle) {
    const begin = performance.now()
    return new Promise((resolve) => {
      // A group of its own, so that the limit ends whatever the oracle has started.
      const child = spawn(process.execPath, oracle.argv, { cwd: this.dir, detached: true })
      this.child = child
      let late = false
      let output = ''
      const add = (data) => (output = (output + data.toString()).slice(-4_000))
      child.stdout.on('data', add)
      child.stderr.on('data', add)
      const timer = setTimeout(() => {
        late = true
        this.stop()
      }, oracle.limitS * 1_000)
      child.on('close', (code) => {
        clearTimeout(timer)
        this.child = undefined
        resolve({
          code: late ? undefined : (code ?? -1),
          output,
          seconds: (performance.now() - begin) / 1_000,
        })
      })
    })
  }

  /** Ends an oracle that is running. */
  stop() {
    const pid = this.child?.pid
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }

  remove() {
    this.stop()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
