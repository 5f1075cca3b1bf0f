/** A sum of doubles kept as two, so that adding millions of numbers loses no more than adding two. */
export class DoubleSum {
  private high = 0
  private low = 0

  /** The sum that has these parts. */
  static of(high: number, low: number): DoubleSum {
    const sum = new DoubleSum()
    sum.high = high
    sum.low = low
    return sum
  }

  add(value: number): void {
    const sum = this.high + value
    if (!Number.isFinite(sum)) {
      // An infinity or NaN would turn the correction into NaN.
      this.high = sum
      this.low = 0
      return
    }
    const shifted = sum - this.high
    const lost = this.high - (sum - shifted) + (value - shifted)
    this.low += lost
    this.high = sum
  }

  /** Adds an integer without rounding it first. */
  addInteger(value: bigint): void {
    const high = Number(value)
    this.add(high)
    this.add(Number(value - BigInt(high)))
  }

  get total(): number {
    return Number.isFinite(this.high) ? this.high + this.low : this.high
  }

  /** The two parts; their sum is more exact than a double can hold. */
  get parts(): [high: number, low: number] {
    return [this.high, this.low]
  }
}
