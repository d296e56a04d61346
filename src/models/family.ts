/** What the models of a family have in common is said once, beside what each of them is. */
import { defineModel, type Model, type Scene, type State } from '../define/model.ts'

type Bodies<S> = readonly ((s: S) => void)[]
type More<S extends State> = Partial<Model<S>>

/** Models with the same set-up. `prefix` stands before each name. */
export const family =
  <S extends State>(common: Pick<Model<S>, 'setup'> & More<S>, prefix = '') =>
  (name: string, summary: string, cpus: Bodies<S>, more: More<S> = {}): Model =>
    defineModel<S>({ ...common, name: prefix + name, summary, cpus, ...more })

/** Models of which each says in a word what its set-up makes. */
export const familyOver =
  <S extends State, G>(setup: (given: G) => (scene: Scene) => S, common: More<S>, prefix = '') =>
  (name: string, summary: string, given: G, cpus: Bodies<S>, more: More<S> = {}): Model =>
    family<S>({ ...common, setup: setup(given) }, prefix)(name, summary, cpus, more)

/** Models of races under each member of a seam, whose name stands behind that of the race. */
export const familyOfMembers =
  <S extends State>(setup: (member: string) => (scene: Scene) => S, common: More<S>, prefix: string) =>
  (race: string, member: string, what: string, cpus: Bodies<S>, more: More<S> = {}): Model =>
    familyOver(setup, common, prefix)(`${race}:${member}`, `${what} (${member})`, member, cpus, more)
