import { check } from './main.mjs'

const told = await check().catch((error) => `WRONG: ${error?.stack ?? error}`)
if (typeof document === 'undefined') {
  console.log(told)
  process.exit(0)
} else {
  await fetch('/told', { method: 'POST', body: told })
}
