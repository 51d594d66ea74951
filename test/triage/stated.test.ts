import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import type { Alert } from '../../src/domain/alert.ts';
import type { Asset } from '../../src/domain/asset.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { SEVERITIES, severityRank } from '../../src/domain/severity.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { type JudgeContext, judge } from '../../src/triage/judge.ts';
import { compileRules } from '../../src/triage/rules.ts';
import { statedBy } from '../../src/triage/stated.ts';

const asset = (given: Partial<Asset> & { id: string }): Asset => ({
	hostnames: [given.id],
	ips: [],
	macs: [],
	vendor_ids: [],
	site: 'north',
	zone: null,
	level: 'unknown',
	class: 'unknown',
	class_raw: null,
	vendor: null,
	os: null,
	criticality: null,
	domain: null,
	switch: null,
	owner: null,
	facts: {},
	tags: {},
	confirmed_at: null,
	...given,
});
const shipped = loadRules();
if (!shipped.ok) throw new Error(JSON.stringify(shipped.error));
const context: JudgeContext = {
	inventory: indexInventory({
		assets: [
			asset({ id: 'plc-1', class: 'plc', level: '1', domain: 'ot' }),
			asset({ id: 'sis-1', class: 'sis', level: '1', domain: 'ot' }),
			asset({ id: 'scada-1', class: 'scada_server', level: '2', domain: 'ot' }),
			asset({ id: 'hist-1', class: 'historian', level: '3', domain: 'ot' }),
			asset({ id: 'files-1', class: 'server', level: '4', domain: 'it' }),
			asset({ id: 'lap-1', class: 'endpoint', level: '4', domain: 'it' }),
		],
		zones: [],
		conduits: [],
		confirmedAt: 0,
	}),
	rules: shipped.value,
	classifier: loadWeights(),
	attack: attackTable,
	now: 0,
};
const alert = (given: Partial<Alert>): Alert => ({
	source: 'sensor-1',
	external_id: null,
	fingerprint: 'abcdef0123456789',
	status: 'open',
	title: 'something happened',
	description: null,
	severity: 'low',
	severity_raw: '2',
	kind: 'security',
	domain: null,
	occurred_at: '2026-03-01T10:00:00.000Z',
	time_basis: 'event',
	entities: [],
	techniques: [],
	labels: {},
	...given,
});
const on = (target: string, actor?: string): Alert['entities'] => [
	{ type: 'host', value: target, role: 'target' },
	...(actor === undefined ? [] : [{ type: 'host' as const, value: actor, role: 'actor' as const }]),
];

describe('the category that a sensor states', () => {
	const HOSTILE = 'Phishing: invoice.exe, not malware, ransomware test, port scan, multiple failed logins';

	it.each([
		['Malware', 'malware'],
		['Ransomware', 'ransomware'],
		['CredentialAccess', 'account'],
		['PasswordSpray', 'account'],
		['Exfiltration', 'data_theft'],
		['Discovery', 'reconnaissance'],
		['Phish', 'phishing'],
		['A Network Trojan was detected', 'malware'],
		['Attempted Information Leak', 'reconnaissance'],
		['Potential Corporate Privacy Violation', 'policy'],
		['utm:virus', 'malware'],
		['Recon', 'reconnaissance'],
		['CryptoCurrency', 'malware'],
	])('%s outranks what the title says', (category, expected) => {
		const verdict = judge(alert({ title: HOSTILE, domain: 'it', labels: { category } }), context);
		expect(verdict.category).toBe(expected === 'malware' ? 'ransomware' : expected);
		expect(verdict.tags.includes('phishing')).toBe(expected === 'phishing');
	});

	it('malware under a title that speaks of phishing is malware, and no technique of phishing comes from the title', () => {
		const given = alert({
			title: 'Phishing mail was reported by a user',
			labels: { category: 'Malware' },
			entities: on('lap-1'),
		});
		const verdict = judge(given, context);
		expect(verdict).toMatchObject({ category: 'malware', playbooks: ['malware-it-endpoint'] });
		expect(verdict.tags).toEqual(['malware']);
		const phishing = verdict.techniques.filter((one) => one.id.startsWith('T1566'));
		expect(phishing.filter((one) => one.score >= 0.5)).toEqual([]);
		// The same words under no filing name it: what is left above is the rule's doing, not the weights'.
		const bare = judge({ ...given, labels: {} }, context);
		expect(bare.techniques.find((one) => one.id === 'T1566')?.score).toBeGreaterThan(0.5);
		expect(verdict.reasons.map((one) => one.text)).toContain('sensor-1 files it as `malware`: malware');
	});

	it.each(['Execution', 'LateralMovement', 'DefenseEvasion', 'Persistence', 'PrivilegeEscalation'])(
		'%s is an intrusion unless the words say malware',
		(category) => {
			expect(judge(alert({ title: 'Unusual activity', labels: { category } }), context).category).toBe('intrusion');
			expect(judge(alert({ title: 'Known trojan', labels: { category } }), context).category).toBe('malware');
		},
	);

	it('of an unknown category leaves the words to decide', () => {
		expect(statedBy(alert({ labels: { category: 'Zone 5', signature_id: '1002' } }))).toMatchObject({ category: null });
	});

	it('says nothing of alerts that are no security finding', () => {
		for (const kind of [
			'audit',
			'process',
			'availability',
			'process_safety',
			'maintenance',
			'vulnerability',
		] as const) {
			const stated = statedBy(alert({ kind, domain: 'ot', title: 'PLC stop', labels: { category: 'Malware' } }));
			expect(stated).toMatchObject({ category: null, techniques: [] });
		}
	});

	it('is read in linear time and without a fault from any label', () => {
		const text = fc.string({ unit: 'binary', maxLength: 300 });
		fc.assert(
			fc.property(text, text, fc.dictionary(text, text, { maxKeys: 5 }), (title, category, labels) => {
				const stated = statedBy(alert({ title: title || 'x', domain: 'ot', labels: { ...labels, category } }));
				expect(stated.techniques.every((id) => attackTable.ics.techniques[id] !== undefined)).toBe(true);
			}),
			{ numRuns: 200 },
		);
		const begun = performance.now();
		statedBy(
			alert({
				title: 'get read program plc unauthorized '.repeat(2_000),
				domain: 'ot',
				labels: { category: 'a'.repeat(4_000) },
			}),
		);
		expect(performance.now() - begun).toBeLessThan(200);
	});
});

describe('a write to a controller is not a write to a file', () => {
	const write = { title: 'Modbus write single register', domain: 'ot' as const, labels: { event_type: 'Write' } };

	it.each([
		[
			'a file server',
			alert({ title: 'File written', labels: { category: 'File' }, entities: on('files-1', 'lap-1') }),
			'low',
		],
		['a controller, by its SCADA server', alert({ ...write, entities: on('plc-1', 'scada-1') }), 'medium'],
		['a controller, by a historian', alert({ ...write, entities: on('plc-1', 'hist-1') }), 'high'],
		['a controller, from the office', alert({ ...write, entities: on('plc-1', 'lap-1') }), 'high'],
		['a safety system, by its SCADA server', alert({ ...write, entities: on('sis-1', 'scada-1') }), 'critical'],
		[
			'a controller: firmware',
			alert({ title: 'Firmware changed', domain: 'ot', entities: on('plc-1', 'scada-1') }),
			'high',
		],
		[
			'a controller: its program read',
			alert({ title: 'Program upload', domain: 'ot', entities: on('plc-1') }),
			'medium',
		],
		['a new device in its zone', alert({ title: 'New device', domain: 'ot', entities: on('plc-1') }), 'medium'],
		[
			'its way to the internet',
			alert({ title: 'Internet access detected', domain: 'ot', entities: on('plc-1') }),
			'high',
		],
		[
			'a default password',
			alert({ title: 'Default credentials used', domain: 'ot', entities: on('scada-1') }),
			'medium',
		],
		['a write that is over', alert({ ...write, status: 'closed', entities: on('plc-1', 'lap-1') }), 'low'],
	])('%s', (_, given, severity) => {
		const verdict = judge(given, { ...context, classifier: null });
		expect([verdict.severity, verdict.muted]).toEqual([severity, false]);
	});

	it('an open window covers who writes from outside, and leaves the floor for controllers', () => {
		const window = {
			change: 'CHG-7',
			start: Date.parse('2026-03-01T09:00:00Z'),
			end: Date.parse('2026-03-01T11:00:00Z'),
			site: null,
			zone: null,
			assets: ['plc-1'],
			from_host: 'hist-1',
			user: null,
		};
		const given = alert({ ...write, entities: on('plc-1', 'hist-1') });
		expect(judge(given, { ...context, windows: [window] }).severity).toBe('medium');
		expect(judge(given, { ...context, windows: [{ ...window, from_host: 'lap-1' }] }).severity).toBe('high');
	});

	it('a record that names a technique of ICS is no routine', () => {
		const given = alert({ kind: 'audit', severity: 'informational', title: 'PLC stop', techniques: ['T0858'] });
		expect(judge(given, context).muted).toBe(false);
		expect(judge({ ...given, techniques: [] }, context).muted).toBe(true);
	});
});

describe('what rules may not do', () => {
	const rulesOf = (...values: object[]): JudgeContext['rules'] => {
		const sources = values.map((value, i) => ({
			value: { id: `r${i}`, title: 't', when: 'true', ...value },
			file: 'r',
			line: 1,
			column: 1,
		}));
		const compiled = compileRules(sources);
		if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
		return compiled.value;
	};

	it('call a process-safety alarm milder than its source does', () => {
		for (const severity of SEVERITIES) {
			const given = alert({ kind: 'process_safety', severity });
			for (const set of SEVERITIES) {
				const verdict = judge(given, { ...context, rules: rulesOf({ set }) });
				expect(severityRank(verdict.severity)).toBeGreaterThanOrEqual(severityRank(severity));
				expect(severityRank(verdict.severity_floor)).toBeGreaterThanOrEqual(severityRank('high'));
			}
		}
	});

	it('fire without being named in the reasons, however many they are', () => {
		const many = Array.from({ length: 120 }, (_, i) => ({ id: `site-rule-number-${i}`, tags: ['x'] }));
		const { reasons } = judge(alert({}), { ...context, rules: rulesOf(...many) });
		const text = reasons.filter((one) => one.by === 'rule').map((one) => one.text);
		for (const { id } of many) expect(text.some((one) => new RegExp(`\\b${id}\\b`).test(one))).toBe(true);
	});

	it('take long over an alert that is stuffed with entities, nor lose its target among them', () => {
		const stuffed = Array.from({ length: 499 }, (_, i) => ({
			type: 'ip' as const,
			value: `203.0.113.${i}`,
			role: 'related' as const,
		}));
		const given = alert({ entities: [...stuffed, ...on('plc-1')] });
		const when = 'alert.entities.exists(a, alert.entities.exists(b, a.value == "never" && b.value == "never"))';
		const begun = performance.now();
		const seen = 'alert.entities.exists(e, e.value == "plc-1" && e.role == "target")';
		const verdict = judge(given, { ...context, rules: rulesOf({ when }, { when: seen, tags: ['seen'] }) });
		expect(verdict.tags).toEqual(['seen']);
		expect(performance.now() - begun).toBeLessThan(1_500);
	});
});
