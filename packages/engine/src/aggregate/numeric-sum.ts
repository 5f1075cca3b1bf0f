import {
  addDecimals,
  Decimal128,
  Double,
  decimalFromBigInt,
  decimalFromDouble,
  decimalFromParts,
  exactDecimal,
  type NumericValue,
  type Value,
} from '@gantry/bson'
import { DoubleSum } from './double-double.js'
import { integerResult } from './numeric.js'

/** Added to, it takes the sign off a decimal zero. */
const ZERO = decimalFromBigInt(0n)

/** A double with all the digits that a decimal can hold. */
function exactly(value: number): Decimal128 {
  const exact = exactDecimal(new Double(value))
  if (typeof exact === 'number') return decimalFromDouble(value)
  const { coefficient, exponent } = exact
  return decimalFromParts({
    kind: 'finite',
    negative: coefficient < 0n,
    coefficient: coefficient < 0n ? -coefficient : coefficient,
    exponent,
  })
}

/**
 * A running sum over numbers of any type. Its type is the widest that it met: int32
 * grows to int64 and that to double when it no longer fits.
 */
export class NumericSum {
  private small = 0
  private large = 0n
  private doubles: DoubleSum | undefined
  private decimal: Decimal128 | undefined
  private wide = false

  /** `toDecimal` turns a double into a decimal where both meet; with all its digits unless said otherwise. */
  constructor(private readonly toDecimal: (value: number) => Decimal128 = exactly) {}

  add(value: NumericValue): void {
    if (typeof value === 'number') {
      this.small += value
      // Far from where doubles stop counting in ones.
      if (this.small > 2 ** 52 || this.small < -(2 ** 52)) this.flush()
    } else if (typeof value === 'bigint') {
      this.wide = true
      this.large += value
    } else if (value instanceof Double) {
      this.doubles ??= new DoubleSum()
      this.doubles.add(value.value)
    } else {
      this.decimal = addDecimals(this.decimal ?? ZERO, value)
    }
  }

  /** All that it holds, as a value that another sum can load. */
  save(): Value {
    this.flush()
    const doubles = this.doubles?.parts.map((part) => new Double(part)) ?? null
    // Beyond 64 bits an integer is no BSON value.
    return [String(this.large), this.wide, doubles, this.decimal ?? null]
  }

  load(state: Value): void {
    const [large, wide, doubles, decimal] = state as [
      string,
      boolean,
      Double[] | null,
      Decimal128 | null,
    ]
    this.large = BigInt(large)
    this.wide = wide
    this.doubles = doubles ? DoubleSum.of(doubles[0].value, doubles[1].value) : undefined
    this.decimal = decimal ?? undefined
  }

  private flush(): void {
    this.large += BigInt(this.small)
    this.small = 0
  }

  get total(): NumericValue {
    if (this.decimal) return this.decimalTotal(this.decimal)
    if (!this.doubles) {
      if (this.large === 0n && (this.small | 0) === this.small && !this.wide) return this.small
      return integerResult(this.large + BigInt(this.small), this.wide)
    }
    this.flush()
    const sum = Object.assign(new DoubleSum(), this.doubles)
    sum.addInteger(this.large)
    return new Double(sum.total)
  }

  /** The total as a double, or a decimal when there were decimals. */
  get realTotal(): Double | Decimal128 {
    const { total } = this
    if (total instanceof Decimal128 || total instanceof Double) return total
    this.flush()
    return new Double(Number(this.large))
  }

  private decimalTotal(decimal: Decimal128): Decimal128 {
    this.flush()
    let total = this.large === 0n ? decimal : addDecimals(decimal, decimalFromBigInt(this.large))
    if (!this.doubles) return total
    for (const part of this.doubles.parts) {
      if (part !== 0 || Number.isNaN(part)) total = addDecimals(total, this.toDecimal(part))
    }
    return total
  }
}
