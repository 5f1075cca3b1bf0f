import type { Doc } from '@gantry/bson'

/** Statements that follow each other and have the same answer. */
export interface AnswerRun {
  readonly first: number
  last: number
  readonly answer: Doc
}

/** What the statements of a retryable write have answered, by their ids. An insert of many documents is one run. */
export class StatementAnswers {
  /** In order of their ids. */
  readonly runs: AnswerRun[] = []
  /** Statements that have an answer. */
  count = 0

  get(id: number): Doc | undefined {
    const run = this.runs[this.positionOf(id)]
    return run && run.first <= id ? run.answer : undefined
  }

  /** Notes the answer of a statement that does not have one yet. */
  add(id: number, answer: Doc, last = id): void {
    const at = this.positionOf(id)
    const previous = this.runs[at - 1]
    if (previous && previous.last === id - 1 && previous.answer === answer) previous.last = last
    else this.runs.splice(at, 0, { first: id, last, answer })
    this.count += last - id + 1
  }

  /** Index of the first run that does not end before an id. Ids mostly come in order, so the end is looked at first. */
  private positionOf(id: number): number {
    const { runs } = this
    let high = runs.length
    if (high === 0 || runs[high - 1].last < id) return high
    let low = 0
    while (low < high) {
      const middle = (low + high) >> 1
      if (runs[middle].last < id) low = middle + 1
      else high = middle
    }
    return low
  }
}
