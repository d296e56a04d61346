// What a build of the project at `root` was made from, and what it consists of. The stamp in dist holds both, as hashes of contents:
// times say nothing after a checkout.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const STAMP = '.stamp'
const SETTINGS = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'tools/build.mjs',
  'tools/stamp.mjs',
  'tools/strip.mjs',
  'node_modules/typescript/package.json',
]

/** Files below a folder, as paths relative to it. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}

/** The sources that tsconfig.build.json includes, as paths relative to the root. */
export function sourceFiles(root) {
  const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.build.json'), 'utf8'))
  return include
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => filesBelow(join(root, folder)).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.ts'))
}

/** Of the names and contents of everything that a build depends on. */
export function hashOfInputs(root, sources) {
  const hash = createHash('sha256')
  for (const file of [...SETTINGS, ...sources]) {
    const path = join(root, file)
    hash
      .update(`${file}\0`)
      .update(existsSync(path) ? readFileSync(path) : '')
      .update('\0')
  }
  return hash.digest('hex')
}

/** Of the names, sizes and modes of a build's outputs. */
function hashOfOutputs(folder) {
  const hash = createHash('sha256')
  for (const file of filesBelow(folder).filter((name) => name !== STAMP)) {
    const { size, mode } = statSync(join(folder, file))
    hash.update(`${file}\0${size}\0${mode & 0o111}\0`)
  }
  return hash.digest('hex')
}

/** The hash of the inputs that the folder was built from; undefined if it is no build, or not as the build left it. */
export function builtFrom(folder) {
  try {
    const { inputs, outputs } = JSON.parse(readFileSync(join(folder, STAMP), 'utf8'))
    return outputs === hashOfOutputs(folder) ? inputs : undefined
  } catch {
    return undefined
  }
}

/** Marks the folder as a build of these inputs, whole as it is now. */
export function stamp(folder, inputs) {
  writeFileSync(join(folder, STAMP), JSON.stringify({ inputs, outputs: hashOfOutputs(folder) }))
}
