import type { Dictionary } from './block.js'

/** The names of a subject's numbers as its record holds them, and what is new among them. */
export interface Names extends Dictionary {
  /** As the record holds them. */
  all(): readonly string[]
  /** All names as they are. */
  plain(): string[]
  /** How many of them the record holds, as far as `saved` was told. */
  readonly savedCount: number
  saved(): void
}

/** Databases that come and go leave their names behind, but no more than this. */
const MOST_NAMES = 20_000
/** Stands before the name of a number that counts up. */
const COUNTS_UP = '+'

export function namesOf(stored: readonly string[]): Names {
  const names = [...stored]
  const numbers = new Map(names.map((name, number) => [name, number]))
  let savedCount = names.length

  return {
    numberOf(name, counter) {
      const marked = counter ? COUNTS_UP + name : name
      const known = numbers.get(marked)
      if (known !== undefined) return known
      if (names.length >= MOST_NAMES) return undefined
      numbers.set(marked, names.length)
      return names.push(marked) - 1
    },
    nameOf(number) {
      const marked = names.at(number)
      if (marked === undefined) return undefined
      return { name: plainName(marked), counter: marked.startsWith(COUNTS_UP) }
    },
    all: () => names,
    plain: () => names.map(plainName),
    get savedCount() {
      return savedCount
    },
    saved() {
      savedCount = names.length
    },
  }
}

function plainName(marked: string): string {
  return marked.startsWith(COUNTS_UP) ? marked.slice(1) : marked
}
