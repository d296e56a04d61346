import { expect, test } from 'vitest'
import { parse, ParseError } from '#lockstorm/shell/parse'
import { expandPattern } from '#lockstorm/shell/pattern'
import { helpOn, WORDS } from '#lockstorm/shell/help'

/** Words as one would write them: `$X` a variable, `'x'` a quoted piece. */
function shape(line: string): unknown[] {
  return parse(line).map(({ words, to, background, when }) => [
    words.map((word) =>
      word.map((p) => (p.variable ? `$${p.text}` : p.quoted ? `'${p.text}'` : p.text)).join('+'),
    ),
    ...(to === undefined ? [] : [`> ${to.map(({ text }) => text).join('')}`]),
    ...(background ? ['&'] : []),
    ...(when === 'always' ? [] : [when]),
  ])
}

test.each([
  ['ls -l /sys', [[['ls', '-l', '/sys']]]],
  ['', []],
  ['  # nothing', []],
  ['a; b && c || d &', [[['a']], [['b']], [['c'], 'well'], [['d'], '&', 'failed']]],
  ['echo $UUID > x/create &', [[['echo', '$UUID'], '> x/create', '&']]],
  ['echo 1>x', [[['echo', '1'], '> x']]],
  [`echo "a $X"'$Y' b\\ c`, [[['echo', "'a '+$X+'$Y'", "b+' '+c"]]]],
  ["echo ''", [[['echo', "''"]]]],
  ['echo a#b', [[['echo', 'a#b']]]],
  ['X=${Y}z', [[['X=+$Y+z']]]],
])('%j', (line, commands) => {
  expect(shape(line)).toEqual(commands)
})

test.each([
  ['a | b'],
  ['a >> b'],
  ['a >'],
  ['&& a'],
  ['a &&'],
  ['a ;; b'],
  ["echo 'a"],
  ['echo $(x)'],
  ['a < b'],
  ['& a'],
  ['echo `x`'],
])('refuses %j', (line) => {
  expect(() => parse(line)).toThrow(ParseError)
})

const TREE: Readonly<Record<string, readonly string[]>> = {
  '/': ['sys/'],
  '/sys': ['bus/', 'class/', 'file'],
  '/sys/bus': ['mdev/', 'pci/'],
  '/sys/bus/mdev': ['devices/', 'x.y'],
  '/sys/bus/pci': ['devices/'],
}

test.each([
  ['/sys/*', ['/sys/bus', '/sys/class', '/sys/file']],
  ['/sys/*/m*', ['/sys/bus/mdev']],
  ['/sys/bus/*/devices', ['/sys/bus/mdev/devices', '/sys/bus/pci/devices']],
  ['/sys/bus/mdev/x.?', ['/sys/bus/mdev/x.y']],
  ['/sys/bus/mdev/x?', []],
  ['/sys/none*', []],
])('%s', async (pattern, paths) => {
  expect(await expandPattern(pattern, async (path) => TREE[path] ?? [])).toEqual(paths)
})

test('every word of the help is known to it', () => {
  expect(WORDS).toContain('insmod')
  expect(WORDS.filter((word) => helpOn(word).length === 0)).toEqual([])
})
