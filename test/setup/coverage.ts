import { takeCoverage } from 'node:v8'
import { afterAll } from 'vitest'

// A fork is killed before it would write its coverage by itself.
if (process.env['NODE_V8_COVERAGE'] !== undefined) {
  afterAll(() => {
    takeCoverage()
  })
}
