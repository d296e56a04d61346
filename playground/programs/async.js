// Two agents with event loops of their own. Each looks whether
// there is enough, awaits something else, and then takes it.
import { mustHoldAsync } from 'lockstorm/explore'

const BALANCE = 0

async function withdraw(m) {
  if (Atomics.load(m, BALANCE) < 80) return
  await new Promise((done) => setTimeout(done, 10)) // virtual time
  Atomics.sub(m, BALANCE, 80)
}

await mustHoldAsync({
  memory: 1,
  words: { [BALANCE]: 'balance' },
  setup(m) {
    m[BALANCE] = 100
  },
  threads: [withdraw, withdraw],
  finish(m) {
    if (m[BALANCE] < 0) throw new Error(`the balance is ${m[BALANCE]}`)
  },
})
