// Takes the comments out of compiled files, and sets their lines in with tabs. The sources and the declarations keep theirs; the code that is installed, and that every
// worker loads, is smaller without them. A build runs this as a program of its own: a build of nothing then loads no parser.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseSync } from 'vite'
import { filesBelow } from './stamp.mjs'

/** What bundlers read stays. */
const ANNOTATION = /^[#@]__\w+__$|^@vite-ignore$|^# sourceMappingURL/

/** The code without its comments: a comment that has its lines to itself leaves none, one between two words leaves a space. */
export function withoutComments(code, comments) {
  let out = ''
  let from = 0
  for (const { start, end, value } of comments) {
    // The parser counts the line that names the interpreter.
    if (ANNOTATION.test(value.trim()) || code.startsWith('#!', start)) continue
    const lineStart = code.lastIndexOf('\n', start - 1) + 1
    const lineEnd = code.indexOf('\n', end) === -1 ? code.length : code.indexOf('\n', end)
    const alone = code.slice(lineStart, start).trim() === '' && code.slice(end, lineEnd).trim() === ''
    if (alone) {
      out += code.slice(from, Math.max(from, lineStart))
      from = Math.min(lineEnd + 1, code.length)
    } else {
      const before = code.slice(from, start)
      const last = code.slice(end, lineEnd).trim() === ''
      out += last ? before.trimEnd() : before + (value.includes('\n') ? '\n' : ' ')
      from = end
    }
  }
  return out + code.slice(from)
}

/** Where texts run over several lines: what stands there is part of them. */
function textsIn(node, found = []) {
  if (node === null || typeof node !== 'object') return found
  if (node.type === 'TemplateElement') found.push(node)
  else for (const value of Object.values(node)) textsIn(value, found)
  return found
}

/** The code with a tab for each step that a line is set in: the package is smaller by a fiftieth. */
export function withTabs(code, program) {
  const texts = textsIn(program)
  const inText = (at) => texts.some(({ start, end }) => at >= start && at < end)
  return code.replaceAll(/^(?: {4})+/gm, (steps, at) => (inText(at) ? steps : '\t'.repeat(steps.length / 4)))
}

/** Strips every compiled file below a folder. @throws {Error} if one does not parse */
function stripComments(folder) {
  for (const file of filesBelow(folder)) {
    if (!file.endsWith('.js')) continue
    const path = join(folder, file)
    const code = readFileSync(path, 'utf8')
    const { comments, errors, program } = parseSync(file, code)
    if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0].message}`)
    // Tabs first would move the comments.
    const bare = withoutComments(code, comments)
    const stripped = withTabs(bare, bare === code ? program : parseSync(file, bare).program)
    if (stripped !== code) writeFileSync(path, stripped)
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) stripComments(process.argv[2])
