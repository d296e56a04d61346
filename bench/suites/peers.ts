/** Our mutex beside those of others, alone and contended: what the pages of docs/api state. */
import type { Case } from '../case.ts'
import { CAS_CAS, CONTENDED, MUTEX } from './sync.ts'

const subject = 'mutex.lock+unlock'

export const cases: readonly Case[] = [
  { subject, rows: [CAS_CAS, ...MUTEX], workers: [1] },
  { subject, rows: MUTEX, workers: [Math.max(...CONTENDED)] },
]
