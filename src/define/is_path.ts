/** Does a word name a file? Names of ours have neither slashes nor endings. */
export function isPath(word: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(word)
}
