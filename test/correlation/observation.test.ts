import { describe, expect, it } from 'vitest';
import { KEYS_MAX, observationOf, templateOf, type VerdictLite } from '../../src/correlation/observation.ts';
import { Alert } from '../../src/domain/alert.ts';
import { INVENTORY } from './plant.ts';

const verdict: VerdictLite = {
	category: 'intrusion',
	severity: 'high',
	techniques: [],
	tactics: [],
	process_safety: false,
};
const alert = (given: Partial<Alert> = {}): Alert =>
	Alert.parse({
		source: 's',
		external_id: null,
		fingerprint: 'f'.repeat(16),
		status: 'open',
		title: 'Remote session from jump to eng',
		description: null,
		severity: 'high',
		severity_raw: null,
		kind: 'security',
		domain: null,
		occurred_at: '2026-03-02T08:00:00.000Z',
		time_basis: 'event',
		entities: [],
		techniques: [],
		labels: {},
		...given,
	});
const look = (given: Partial<Alert>, more: Partial<VerdictLite> = {}) =>
	observationOf('alr_1', alert(given), { ...verdict, ...more }, INVENTORY);

describe('the template of a message', () => {
	it.each([
		['PLC plc-7 does not answer', [{ type: 'host', value: 'plc-7', role: 'target' }], 'plc * does not answer'],
		['Scan of 10.1.1.1 port 502', [{ type: 'ip', value: '10.1.1.1', role: 'target' }], 'scan of * port #'],
		['File 0123456789abcdef0123 seen', [], 'file # seen'],
		['CVE-2021-1 exploited', [], 'cve-2021-1 exploited'],
	] as const)('%s', (title, entities, template) => {
		expect(templateOf(alert({ title, entities: [...entities] }))).toBe(template);
	});
});

describe('the things that an alert names', () => {
	it('become assets where the inventory knows them by any name, once', () => {
		const { keys, target, actor } = look({
			entities: [
				{ type: 'ip', value: '10.5.0.1', role: 'actor' },
				{ type: 'host', value: 'JUMP.works.example', role: 'actor' },
				{ type: 'ip', value: '10.4.0.1', role: 'target' },
			],
		});
		expect(keys.map((key) => [key.key, key.role])).toEqual([
			['asset:jump', 'actor'],
			['asset:eng', 'target'],
			['link:asset:jump>asset:eng', 'other'],
		]);
		expect([target?.id, actor?.id]).toEqual(['eng', 'jump']);
	});

	it.each([
		['a user with its domain', 'user', 'WORKS\\Ann', 'user:ann'],
		['an outside address', 'ip', '203.0.113.9', 'ip:203.0.113.9'],
		['an inside address nobody knows, as a host', 'ip', '10.200.0.9', 'ip:10.200.0.9'],
		['the host of a link', 'url', 'https://bad.example/x?y', 'domain:bad.example'],
		['a file by its hash', 'file_hash', 'ABCDEF', 'hash:abcdef'],
	] as const)('%s', (_, type, value, key) => {
		expect(look({ entities: [{ type, value, role: 'related' }] }).keys.map((item) => item.key)).toEqual([key]);
	});

	it.each([
		['a sensor that only reports', { type: 'host', value: 'jump', role: 'observer' }],
		['an account that every machine has', { type: 'user', value: 'NT AUTHORITY\\SYSTEM', role: 'related' }],
		['the machine itself', { type: 'user', value: 'PC-1$', role: 'related' }],
		['loopback', { type: 'ip', value: '127.0.0.1', role: 'actor' }],
	] as const)('%s is no evidence', (_, entity) => {
		expect(look({ entities: [entity] }).keys).toEqual([]);
	});

	it('are limited, the rarest kinds kept', () => {
		const users = Array.from({ length: 100 }, (_, i) => ({
			type: 'user' as const,
			value: `u${i}`,
			role: 'related' as const,
		}));
		const { keys } = look({ entities: [...users, { type: 'file_hash', value: 'aa', role: 'related' }] });
		expect(keys).toHaveLength(KEYS_MAX);
		expect(keys[0]?.key).toBe('hash:aa');
	});
});

describe('failures', () => {
	it.each([
		['by kind', { kind: 'availability' }, {}, true],
		['by category', {}, { category: 'ot_availability' }, true],
		['by its words, where it is not grave', { title: 'Stale variable', severity: 'medium' }, {}, true],
		['an attack is none', { title: 'Program download' }, {}, false],
		[
			'a grave message is judged by its evidence',
			{ title: 'Missing variable requests', severity: 'critical' },
			{},
			false,
		],
	] as const)('%s', (_, given, more, failure) => {
		expect(look(given as Partial<Alert>, more as Partial<VerdictLite>).isFailure).toBe(failure);
	});
});
