/** What becomes of compiled files: they say the same in fewer bytes. */
import { parseSync } from 'vite'
import { expect, test } from 'vitest'
import { withoutComments, withTabs } from '../../tools/strip.mjs'

test('lines are set in with tabs, but those of a text that runs over several', () => {
  const code = 'if (a) {\n    b(`x\n    y ${\n        c}\n        z`);\n      d();\n}\n'
  const { program } = parseSync('a.js', code)
  expect(withTabs(code, program)).toBe('if (a) {\n\tb(`x\n    y ${\n\t\tc}\n        z`);\n\t  d();\n}\n')
})

test('comments go, but those that bundlers read', () => {
  const code = '// one\na(/* two */ b); // three\n/* @__PURE__ */ c()\n'
  const { comments } = parseSync('a.js', code)
  expect(withoutComments(code, comments)).toBe('a(  b);\n/* @__PURE__ */ c()\n')
})
