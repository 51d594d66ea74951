import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('splunk', name);
const action = (result: object, more: object = {}) => ({ search_name: 'S', app: 'search', sid: 'x', result, ...more });

describe('splunk', () => {
	it.each([
		[{ severity: 'critical' }, 'critical', 'critical'],
		[{ severity: 'high', urgency: 'low' }, 'high', 'high'],
		[{ urgency: 'medium' }, 'medium', 'medium'],
		[{ severity: 'low' }, 'low', 'low'],
		[{ severity: 'informational' }, 'informational', 'informational'],
		[{ severity: '6', itsi_group_id: 'g' }, '6', 'critical'],
		[{ severity: '2', itsi_group_id: 'g' }, '2', 'informational'],
		[{ count: '8' }, null, null],
	])('a row with %j states %s, which is %s', (row, severity_raw, severity) => {
		expect(alertOf('splunk', action(row))).toMatchObject({ severity, severity_raw });
	});

	it('reads every value of a field, and the time of the row', () => {
		const alert = alertOf('splunk', sample('saved-search.json'));
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T07:59:31.250Z',
			title: 'Failed logons on jump hosts',
			status: 'open',
		});
		expect(entity(alert, 'ip', '198.51.100.9')).toBe('actor');
		expect(entity(alert, 'ip', '198.51.100.10')).toBe('actor');
		expect(entity(alert, 'host', 'jump-2')).toBe('target');
		expect(entity(alert, 'user', 'op7')).toBe('target');
	});

	it('a notable and the same one closed are one condition', () => {
		const open = alertOf('splunk', sample('notable-new.json'));
		const closed = alertOf('splunk', sample('notable-closed.json'));
		expect(open).toMatchObject({
			status: 'open',
			kind: 'security',
			techniques: ['T0836', 'T0855'],
			external_id: 'A1@@notable@@1',
		});
		expect(closed).toMatchObject({ status: 'closed', fingerprint: open.fingerprint });
		expect(entity(open, 'mac', '02:11:22:33:44:55')).toBe('related');
		expect(entity(open, 'account', 'MILL\\op7')).toBe('target');
		expect(entity(open, 'host', 'ids-1')).toBe('observer');
	});

	it('a repeat of a search folds, another source address does not', () => {
		const of = (sid: string, src: string) => alertOf('splunk', action({ src }, { sid, search_name: null })).fingerprint;
		const first = of('scheduler__a__b__R_at_1746345600_1', '172.20.1.1');
		expect(of('scheduler__a__b__R_at_1746345900_9', '172.20.1.1')).toBe(first);
		expect(of('scheduler__a__b__R_at_1746345600_1', '172.20.1.2')).not.toBe(first);
	});

	it("without a row's time the id of the search tells when it ran", () => {
		const alert = alertOf('splunk', action({ count: '1' }, { sid: 'scheduler__a__b__R_at_1746345600_1' }));
		expect(alert).toMatchObject({ occurred_at: '2025-05-04T08:00:00.000Z', time_basis: 'event' });
	});

	it('reads export rows and ITSI; unknown is no severity and no fault', () => {
		const [row, itsi, bare] = alertsOf('splunk', sample('export-and-itsi.ndjson'));
		expect(row).toMatchObject({ severity: null, severity_raw: null, occurred_at: '2025-05-04T08:03:00.000Z' });
		expect(itsi).toMatchObject({ severity: 'critical', kind: 'availability' });
		expect(bare).toMatchObject({ occurred_at: '2025-05-04T08:01:40.000Z' });
	});

	it('wrong types are named and addresses in them kept', () => {
		const [item] = itemsOf('splunk', sample('wrong-types.json'));
		if (item?.kind !== 'alert') throw new Error('unparsed');
		expect(item.problems.map((problem) => problem.field)).toEqual(['sid', '_time']);
		expect(entity(item.alert, 'ip', '172.20.3.3')).toBe('related');
		expect(itemsOf('splunk', {})[0]!.kind).toBe('unparsed');
	});
});
