import type { TestProject } from 'vitest/node'
import { build } from '../../tools/build.mjs'

export default function setup(project: TestProject): void {
  build()
  project.onTestsRerun(() => {
    try {
      build()
    } catch (error) {
      process.stderr.write(`${(error as Error).message}: the tests run on the last build\n`)
    }
  })
}
