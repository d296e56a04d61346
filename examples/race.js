// A race: two users create the same uuid on two parents. Does a second device come to be?
//   lockstorm scenario ./examples/race.js
//   lockstorm scenario ./examples/race.js --strategy per-parent          ladder and reports of one strategy
//   lockstorm scenario ./examples/race.js --stress 200                    without the schedule
import { defineRace, END, prevented, step } from 'lockstorm/define'
import { echoCreate, UUID } from 'lockstorm/kit'

export default defineRace({
  name: 'same-uuid-elsewhere',
  title: 'one uuid is created on two parents at once',
  source: 'an example',
  symptom: 'the second create gets as far as the bus, which warns',
  fix: 'one namespace for all parents',
  // Bodies run on worker threads, as two CPUs; negative numbers are errnos.
  cpus: [() => echoCreate(UUID, 0), () => echoCreate(UUID, 1)],
  // cpu-0 runs until it has claimed the uuid; cpu-1 runs to its end; cpu-0 goes on.
  schedule: [step(0, 'mdev_device_create:claimed'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers.filter((answer) => answer === 'ok').length !== 1 }),
  // What is expected, by what a strategy says of itself: a strategy that does not exist yet has its column, too.
  expect: ({ namespace }) =>
    namespace.seesAllParents ? prevented('ok EEXIST') : prevented('EEXIST ok', 'warning'),
})
