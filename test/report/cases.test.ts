/** What CI services read. */
import { expect, test } from 'vitest'
import { annotations, junitXml, type Case } from '#lockstorm/report/cases'

const CASES: readonly Case[] = [
  { suite: 'explore', name: 'mutex', seconds: 1.5 },
  {
    suite: 'explore',
    name: 'a <b> & "c"',
    failure: { title: 'x: 1 < 2, 100%', text: '\u001B[31mone\u001B[39m\ntwo ]]> & \u0000three' },
  },
  { suite: 'torture', name: 'cut', skipped: 'it was cut short' },
]

test('JUnit XML: suites, counts, and no character that XML does not have', () => {
  expect(junitXml(CASES)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="lockstorm" tests="3" failures="1" errors="0" skipped="1" time="1.500">
  <testsuite name="explore" tests="2" failures="1" errors="0" skipped="0" time="1.500">
    <testcase classname="explore" name="mutex" time="1.500"/>
    <testcase classname="explore" name="a &lt;b&gt; &amp; &quot;c&quot;" time="0.000">
      <failure message="x: 1 &lt; 2, 100%">one
two ]]&gt; &amp; three</failure>
    </testcase>
  </testsuite>
  <testsuite name="torture" tests="1" failures="0" errors="0" skipped="1" time="0.000">
    <testcase classname="torture" name="cut" time="0.000">
      <skipped message="it was cut short"/>
    </testcase>
  </testsuite>
</testsuites>
`)
})

test('annotations: a line for each failure, with the escapes of GitHub', () => {
  expect(annotations(CASES)).toEqual(['::error title=x%3A 1 < 2%2C 100%25::one%0Atwo ]]> & three'])
})
