import { describe } from 'node:test'
import { DateTime, ObjectId } from '@gantry/bson'
import { testCases } from '../cases.test.js'
import { doc } from '../pipeline-cases.test.js'

const date = (text: string) => DateTime.fromMs(Date.parse(text))
const noon = date('2024-02-29T12:34:56.789Z')

describe('parts of dates', () => {
  testCases([
    [{ $year: noon }, 2024],
    [{ $month: noon }, 2],
    [{ $dayOfMonth: { date: noon, timezone: 'Pacific/Kiritimati' } }, 1],
    [{ $hour: { date: noon, timezone: 'America/New_York' } }, 7],
    [{ $minute: { date: noon, timezone: '+05:30' } }, 4],
    [{ $dayOfWeek: noon }, 5],
    [{ $dayOfYear: noon }, 60],
    [{ $week: noon }, 8],
    [{ $isoWeek: date('2021-01-03') }, 53],
    [{ $isoWeekYear: date('2021-01-03') }, 2020n],
    [{ $isoDayOfWeek: date('2021-01-03') }, 7],
    [{ $year: new ObjectId('507f1f77bcf86cd799439011') }, 2012],
    [{ $year: 'x' }, { code: 16006 }],
    [{ $year: { date: noon, timezone: 'No/Where' } }, { code: 40485 }],
    [
      { $dateToParts: { date: noon } },
      doc({ year: 2024, month: 2, day: 29, hour: 12, minute: 34, second: 56, millisecond: 789 }),
    ],
    [{ $dateFromParts: { year: 2024, month: 14, day: 1 } }, date('2025-02-01')],
    [{ $dateFromParts: { isoWeekYear: 2020, isoWeek: 53, isoDayOfWeek: 7 } }, date('2021-01-03')],
    [{ $dateFromParts: { year: 2024, timezone: 'Europe/Paris' } }, date('2023-12-31T23:00:00Z')],
    [{ $dateFromParts: { month: 1 } }, { code: 40516 }],
  ])
})

describe('dates and text', () => {
  testCases([
    [{ $dateToString: { date: noon } }, '2024-02-29T12:34:56.789Z'],
    [
      { $dateToString: { date: noon, format: '%d/%m/%Y %j %V %u %b %%' } },
      '29/02/2024 060 09 4 Feb %',
    ],
    [
      { $dateToString: { date: noon, format: '%H:%M %z', timezone: 'Asia/Kolkata' } },
      '18:04 +0530',
    ],
    [{ $dateToString: { date: null, onNull: 'none' } }, 'none'],
    [{ $dateToString: { date: noon, format: '%i' } }, { code: 18536 }],
    [{ $dateFromString: { dateString: '2024-02-29' } }, date('2024-02-29')],
    [{ $dateFromString: { dateString: '29 Feb 2024 10:00 PM' } }, date('2024-02-29T22:00:00Z')],
    [{ $dateFromString: { dateString: '15-06-2018', format: '%d-%m-%Y' } }, date('2018-06-15')],
    [
      { $dateFromString: { dateString: '2024-07-01T00:00:00', timezone: 'America/New_York' } },
      date('2024-07-01T04:00:00Z'),
    ],
    [{ $dateFromString: { dateString: 'nonsense' } }, { code: 241 }],
    [{ $dateFromString: { dateString: 'nonsense', onError: 1 } }, 1],
  ])
})

describe('arithmetic with dates', () => {
  testCases([
    [{ $dateAdd: { startDate: date('2024-01-31'), unit: 'month', amount: 1 } }, date('2024-02-29')],
    [
      {
        $dateAdd: {
          startDate: date('2024-03-30T12:00:00Z'),
          unit: 'day',
          amount: 1,
          timezone: 'Europe/Paris',
        },
      },
      date('2024-03-31T11:00:00Z'),
    ],
    [
      { $dateSubtract: { startDate: noon, unit: 'hour', amount: 13 } },
      date('2024-02-28T23:34:56.789Z'),
    ],
    [
      { $dateDiff: { startDate: date('2023-12-31'), endDate: date('2024-01-01'), unit: 'year' } },
      1n,
    ],
    [
      {
        $dateDiff: {
          startDate: date('2024-02-25'),
          endDate: date('2024-02-26'),
          unit: 'week',
          startOfWeek: 'mon',
        },
      },
      1n,
    ],
    [{ $dateTrunc: { date: noon, unit: 'month' } }, date('2024-02-01')],
    [
      { $dateTrunc: { date: date('2021-03-20'), unit: 'week', binSize: 2, startOfWeek: 'monday' } },
      date('2021-03-15'),
    ],
    [{ $dateTrunc: { date: noon, unit: 'minute', binSize: 15 } }, date('2024-02-29T12:30:00Z')],
    [{ $dateAdd: { startDate: noon, unit: 'eon', amount: 1 } }, { code: 9 }],
    [{ $dateTrunc: { date: noon, unit: 'day', binSize: 0 } }, { code: 5439018 }],
  ])
})
