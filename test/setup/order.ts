/** The order of test files: one that takes long and is alone at the end leaves cores idle. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of half a minute and more. What vitest goes by where it has run nothing yet is their size. */
export const LONG: readonly string[] = [
  'examples',
  'campaign/queue',
  'bench/bench',
  'explore/fuzz_thousand',
  'tools/adding',
  'scenarios/explored',
  'mount/ends',
  'own_locks',
  'compare/judge',
  'scenarios/matrix',
  'checked/explore/mdev_models',
  'stress/storm_controls',
  'stress/storm',
]

const rank = ({ moduleId }: TestSpecification): number => {
  const at = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`))
  return at < 0 ? LONG.length : at
}

/** Within each project, the long ones first. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project.name))]
    const place = ({ project }: TestSpecification): number => projects.indexOf(project.name)
    return sorted.toSorted((a, b) => place(a) - place(b) || rank(a) - rank(b))
  }
}
