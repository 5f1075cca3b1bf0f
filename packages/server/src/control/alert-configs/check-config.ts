import type { BodyOf, publicApi } from '@gantry/api'
import { measurements } from '../metrics/measurements.js'
import { refusal } from '../refusal.js'
import type { AlertConfig, Matcher, MetricThreshold, Threshold } from './alert-config.js'
import { type AlertEvent, type AlertEventName, alertEvents, findAlertEvent } from './alert-event.js'
import { readPattern } from './pattern.js'
import { fits, ownUnits } from './units.js'

/** An alert configuration as a request gives it, its form checked. */
export type GivenConfig = BodyOf<(typeof publicApi.updateAlertConfig)['body']>

/** What a configuration says beside whom it tells. */
export type ConfigContent = Pick<
  AlertConfig,
  'eventTypeName' | 'enabled' | 'matchers' | 'metricThreshold' | 'threshold'
>

const LONGEST_VALUE = 1000
/** More than anybody needs; each takes time at every look. */
const MOST_MATCHERS = 100

/** Throws the error code of the first mistake. Names come out as they are spelled here. */
export async function checkContent(given: GivenConfig): Promise<ConfigContent> {
  const { enabled = false, matchers = [] } = given
  const eventTypeName = checkEvent(given)
  const event: AlertEvent = alertEvents[eventTypeName]
  const metricThreshold = checkMetricThreshold(given, eventTypeName)
  const threshold = checkThreshold(given, eventTypeName, event)
  await checkMatchers(matchers)
  return {
    eventTypeName,
    enabled,
    matchers,
    ...(metricThreshold && { metricThreshold }),
    ...(threshold && { threshold }),
  }
}

function checkEvent({ eventTypeName = '', typeName }: GivenConfig): AlertEventName {
  const name = findAlertEvent(eventTypeName)
  if (name === undefined) throw refusal('INVALID_EVENT_TYPE_FOR_ALERT', eventTypeName)
  if (typeName && typeName.toUpperCase() !== alertEvents[name].typeName) {
    throw refusal('INVALID_ENUM_VALUE', 'typeName', typeName)
  }
  return name
}

function checkMetricThreshold(
  { metricThreshold: given }: GivenConfig,
  event: AlertEventName,
): MetricThreshold | undefined {
  if (event !== 'OUTSIDE_METRIC_THRESHOLD') {
    if (given) throw refusal('METRIC_THRESHOLD_PRESENT', event)
    return undefined
  }
  if (!given) throw refusal('MISSING_METRIC_THRESHOLD')
  const { mode = 'AVERAGE', operator, threshold } = given
  if (mode.toUpperCase() === 'TOTAL') throw refusal('TOTAL_MODE_DEPRECATED')
  if (mode.toUpperCase() !== 'AVERAGE') {
    throw refusal('INVALID_ENUM_VALUE', 'metricThreshold.mode', mode)
  }
  const metricName = given.metricName.toUpperCase()
  const metric = measurements.find(({ name }) => name === metricName)
  if (!metric) throw refusal('INVALID_ENUM_VALUE', 'metricThreshold.metricName', given.metricName)
  const units = given.units ?? ownUnits(metric.units)
  if (!fits(units, metric.units)) throw refusal('UNITS_MISMATCH', units, metricName)
  return { metricName, operator, threshold, units }
}

function checkThreshold(
  { threshold: given }: GivenConfig,
  name: AlertEventName,
  { threshold: side }: AlertEvent,
): Threshold | undefined {
  if (!side) {
    if (given) throw refusal('THRESHOLD_PRESENT', name)
    return undefined
  }
  if (!given) throw refusal('MISSING_THRESHOLD', name)
  const { operator = side, threshold, units = 'RAW' } = given
  if (operator !== side) throw refusal('INVALID_OPERATOR_FOR_EVENT_TYPE', operator, name)
  if (units !== 'RAW') throw refusal('UNITS_MISMATCH', units, name)
  return { operator, threshold, units }
}

async function checkMatchers(matchers: readonly Matcher[]): Promise<void> {
  if (matchers.length > MOST_MATCHERS) throw refusal('INVALID_JSON_ATTRIBUTE', 'matchers')
  for (const [i, { operator, value }] of matchers.entries()) {
    const path = `matchers[${i}].value`
    if (value.length > LONGEST_VALUE) throw refusal('INVALID_JSON_ATTRIBUTE', path)
    if (operator === 'REGEX' && !(await readPattern(value))) {
      throw refusal('INVALID_JSON_ATTRIBUTE', path)
    }
  }
}
