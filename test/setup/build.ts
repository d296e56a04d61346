import type { TestProject } from 'vitest/node'
import { build } from '../../tools/build.mjs'

export default function setup(project: TestProject): void {
  build()
  project.onTestsRerun(() => {
    build()
  })
}
