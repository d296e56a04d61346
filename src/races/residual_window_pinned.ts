/**
 * The same interleaving as residual_window.ts, with the references that close it (mdev/pin.ts).
 */
import { openedAhead } from './kit/opened.ts'
import { echoCreate, echoRemove, removeEcho, unregister } from './kit/shell.ts'
import { END, prevented, staleFile, step, type Scenario } from '../define/race.ts'

export const residual_window_pinned: Scenario = {
  name: 'residual-window-pinned',
  title: 'the residual window, with the remover holding references to device and parent',
  source: 'ours',
  symptom: 'none: ENODEV',
  fix: 'references taken before the remove file removes itself',
  setup: () => echoCreate(),
  cpus: [() => echoRemove(), () => unregister(0)],
  schedule: [step(0, 'mdev_device_remove:found'), step(1, END), step(0, END)],
  check: ({ answers }) => ({ happened: answers[0] === 'oops' }),
  inAnyOrder: openedAhead(removeEcho(), () => unregister(0)),
  expect: (strategy) =>
    strategy.gate.guarded ? prevented('ENODEV ok', ...staleFile(strategy)) : prevented('ok ok'),
}
