/** The access module against direct Atomics: it must cost nothing. */
import type { Case } from '../case.ts'

const pair = (variant: string): Case => ({
  subject: `access.${variant}`,
  rows: [
    { adapter: 'atomics', variant },
    { adapter: 'access', variant },
  ],
  workers: [1],
  excludes: false,
})

export const cases: readonly Case[] = [pair('cas-cas'), pair('add-sub'), pair('load-store')]
