import { expect, test } from 'vitest'
import * as accessChecked from '#lockstorm/mem/access.checked'
import * as accessFast from '#lockstorm/mem/access.fast'
import * as traceChecked from '#lockstorm/trace/trace.checked'
import * as traceFast from '#lockstorm/trace/trace.fast'

test('both builds of #access export the same names', () => {
  const { native, setController, ...shared } = accessChecked
  expect(native).toBeTypeOf('object')
  expect(setController).toBeTypeOf('function')
  expect(Object.keys(shared).toSorted()).toEqual(Object.keys(accessFast).toSorted())
})

test('both builds of #trace export the same names', () => {
  expect(Object.keys(traceChecked).toSorted()).toEqual(Object.keys(traceFast).toSorted())
})
