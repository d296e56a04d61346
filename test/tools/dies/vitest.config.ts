import { defineConfig } from 'vitest/config'
import { namedForks } from '../../setup/pool.ts'

export default defineConfig({
  test: { root: import.meta.dirname, pool: namedForks, include: ['*.case.ts'], teardownTimeout: 5_000 },
})
