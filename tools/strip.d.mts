/** A comment as the parser gives it. */
interface Comment {
  readonly start: number
  readonly end: number
  readonly value: string
}

export function withoutComments(code: string, comments: readonly Comment[]): string
export function withTabs(code: string, program: object): string
