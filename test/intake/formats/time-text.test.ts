import { describe, expect, it } from 'vitest';
import { toIso } from '../../../src/domain/time.ts';
import { readTime } from '../../../src/intake/formats/time-text.ts';

const at = (value: unknown, receivedAt = '2025-05-04T09:00:00Z', timeZone = 'UTC'): string | null => {
	const instant = readTime(value, { receivedAt: Date.parse(receivedAt), timeZone });
	return instant === null ? null : toIso(instant);
};

describe('times', () => {
	it.each<[unknown, string]>([
		[1746345600, '2025-05-04T08:00:00.000Z'],
		[1746345600123, '2025-05-04T08:00:00.123Z'],
		['1746345600.25', '2025-05-04T08:00:00.250Z'],
		['1746345600123456', '2025-05-04T08:00:00.123Z'],
		['2016-08-01T13:27:08.008+03:00', '2016-08-01T10:27:08.008Z'],
		['2019-09-27T16:27:56.612666101Z', '2019-09-27T16:27:56.612Z'],
		['2023-09-18T06:13:41.532140+0000', '2023-09-18T06:13:41.532Z'],
		['2025-04-21 20:51:04.058183200', '2025-04-21T20:51:04.058Z'],
		['2025/04/21 20:51:04', '2025-04-21T20:51:04.000Z'],
		['2025-04-21', '2025-04-21T00:00:00.000Z'],
		['Mon Aug  1 03:34:23 2022', '2022-08-01T03:34:23.000Z'],
		['31 March 2016 13:04:55', '2016-03-31T13:04:55.000Z'],
		['Mon, 18 Sep 2023 06:13:33 GMT', '2023-09-18T06:13:33.000Z'],
		['Aug 01 2022 03:34:23.250 EST', '2022-08-01T08:34:23.250Z'],
		['Mar 03 03:45:03', '2025-03-03T03:45:03.000Z'],
		['10-Mar-25 2:05:09 PM UTC', '2025-03-10T14:05:09.000Z'],
		['04-May-2025 12:00:00 AM EST', '2025-05-04T05:00:00.000Z'],
		['3/22/2018 1:36:31 PM', '2018-03-22T13:36:31.000Z'],
		['May 4, 2025, 8:00:00 AM', '2025-05-04T08:00:00.000Z'],
		['04-Feb-2025 08:00:00', '2025-02-04T08:00:00.000Z'],
		['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.000Z'],
	])('%s is %s', (value, expected) => {
		expect(at(value)).toBe(expected);
	});

	it.each([
		0,
		-5,
		'',
		'-',
		'yesterday',
		'13/22/2018 1:36:31 PM',
		'3/10/2018 13:36:31',
		'10-Mar-25 13:05:09 PM',
		'0001-01-01T00:00:00Z',
		'2025-02-30T00:00:00Z',
		'2025-05-04T25:00:00Z',
		'Foo 03 03:45:03',
		'9'.repeat(30),
		'x'.repeat(1_000_000),
		null,
		{},
		Number.NaN,
	])('%s is none', (value) => {
		expect(at(value)).toBeNull();
	});

	it('takes the last year that is not in the future where there is none', () => {
		expect(at('Dec 31 23:59:58', '2025-01-01T00:00:05Z')).toBe('2024-12-31T23:59:58.000Z');
		expect(at('Oct 05 12:00:00', '2025-05-04T09:00:00Z')).toBe('2024-10-05T12:00:00.000Z');
		expect(at('Feb 29 12:00:00', '2028-02-28T23:00:00Z')).toBe('2028-02-29T12:00:00.000Z');
		expect(at('Jan 01 00:00:02', '2024-12-31T23:59:59Z')).toBe('2025-01-01T00:00:02.000Z');
	});

	it("takes the source's zone, winter and summer, where there is none", () => {
		expect(at('Jul 03 03:45:03', '2025-07-03T02:00:00Z', 'Europe/Berlin')).toBe('2025-07-03T01:45:03.000Z');
		expect(at('2025-01-03 03:45:03', undefined, 'Europe/Berlin')).toBe('2025-01-03T02:45:03.000Z');
		expect(at('2025-01-03 03:45:03', undefined, 'Asia/Kolkata')).toBe('2025-01-02T22:15:03.000Z');
		expect(at('2025-01-03 03:45:03', undefined, 'No/Where')).toBe('2025-01-03T03:45:03.000Z');
	});
});
