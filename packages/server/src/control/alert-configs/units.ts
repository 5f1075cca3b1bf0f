import type { thresholdUnits } from '@gantry/api'
import type { Units } from '../metrics/measurements.js'

/** What thresholds are given in. */
export type ThresholdUnits = (typeof thresholdUnits)[number]

type Family = 'raw' | 'data' | 'time'

interface Unit {
  readonly family: Family
  /** How many bytes or milliseconds it is. */
  readonly size: number
}

const KILO = 1024

const data = (size: number): Unit => ({ family: 'data', size })
const time = (size: number): Unit => ({ family: 'time', size })
const raw: Unit = { family: 'raw', size: 1 }

const wanted: { readonly [units in ThresholdUnits]: Unit } = {
  RAW: raw,
  BITS: data(1 / 8),
  KILOBITS: data(KILO / 8),
  MEGABITS: data(KILO ** 2 / 8),
  GIGABITS: data(KILO ** 3 / 8),
  BYTES: data(1),
  KILOBYTES: data(KILO),
  MEGABYTES: data(KILO ** 2),
  GIGABYTES: data(KILO ** 3),
  TERABYTES: data(KILO ** 4),
  PETABYTES: data(KILO ** 5),
  MILLISECONDS: time(1),
  SECONDS: time(1000),
  MINUTES: time(60_000),
  HOURS: time(3_600_000),
  DAYS: time(86_400_000),
}

/** What is measured in, with what a threshold is in that does not say; rates keep their `per`. */
const measured: { readonly [units in Units]: ThresholdUnits } = {
  SCALAR: 'RAW',
  SCALAR_PER_SECOND: 'RAW',
  PERCENT: 'RAW',
  BYTES: 'BYTES',
  KILOBYTES: 'KILOBYTES',
  MEGABYTES: 'MEGABYTES',
  BYTES_PER_SECOND: 'BYTES',
  GIGABYTES_PER_HOUR: 'GIGABYTES',
  MILLISECONDS: 'MILLISECONDS',
  SECONDS: 'SECONDS',
}

/** The units of thresholds that a measurement comes in. */
export function ownUnits(units: Units): ThresholdUnits {
  return measured[units]
}

/** Whether a measurement can be told in these units. */
export function fits(units: ThresholdUnits, of: Units): boolean {
  return wanted[units].family === wanted[measured[of]].family
}

/** What was measured, in the units of a threshold. */
export function convert(value: number, from: Units, to: ThresholdUnits): number {
  const own = measured[from]
  return own === to ? value : (value * wanted[own].size) / wanted[to].size
}
