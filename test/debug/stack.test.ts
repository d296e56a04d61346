/** Which frames of a JavaScript stack a report shows. */
import { runInThisContext } from 'node:vm'
import { expect, test } from 'vitest'
import { capture, framesOf, frameText } from '#lockstorm/debug/stack'

test('functions of a user are shown, also of one whose folders have the names of ours', () => {
  const takeBoth = runInThisContext('(function takeBoth(take) { return take() })', {
    filename: '/home/me/src/base/locks.js',
  }) as (take: () => object) => object
  const texts = framesOf(takeBoth(() => capture(8))).map(frameText)
  expect(texts).toContain('takeBoth [locks.js:1]')
})
