import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadRules } from '../../src/cli/rule-files.ts';
import { Alert } from '../../src/domain/alert.ts';
import type { Asset, InventoryData } from '../../src/domain/asset.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { SEVERITIES, severityRank } from '../../src/domain/severity.ts';
import { Verdict } from '../../src/domain/verdict.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { loadWeights } from '../../src/triage/classifier/load.ts';
import { type JudgeContext, judge } from '../../src/triage/judge.ts';
import { type CompiledRules, compileRules } from '../../src/triage/rules.ts';

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

const data: InventoryData = {
	assets: [
		asset({ id: 'plc-1', ips: ['10.1.1.5'], class: 'plc', level: '1', zone: 'cell-1', domain: 'ot', criticality: 4 }),
		asset({ id: 'sis-1', class: 'sis', level: '1', zone: 'sis-zone', domain: 'ot', criticality: 5 }),
		asset({ id: 'hmi-1', class: 'hmi', level: '2', zone: 'cell-1', domain: 'ot' }),
		asset({ id: 'jump-1', class: 'jump_host', level: '3.5', zone: 'dmz', domain: 'it' }),
		asset({ id: 'eng-1', class: 'engineering_workstation', level: '3', zone: 'ops', domain: 'ot' }),
		asset({ id: 'lap-1', class: 'endpoint', level: '4', zone: 'office', domain: 'it' }),
		asset({ id: 'erp-1', class: 'erp', level: '4', zone: 'office', domain: 'it', criticality: 5 }),
	],
	zones: [
		{
			id: 'cell-9',
			name: null,
			site: 'north',
			level: '1',
			sis: false,
			ranges: ['10.9.0.0/16'],
			owner: null,
			facts: {},
		},
		{ id: 'sis-zone', name: null, site: 'north', level: '1', sis: true, ranges: [], owner: null, facts: {} },
	],
	conduits: [],
	confirmedAt: 0,
};

const shipped = loadRules();
if (!shipped.ok) throw new Error(JSON.stringify(shipped.error));
const weights = loadWeights();
const context: JudgeContext = {
	inventory: indexInventory(data),
	rules: shipped.value,
	classifier: weights,
	attack: attackTable,
	now: 0,
};

const alert = (given: Partial<Alert> = {}): Alert => ({
	source: 'sensor-1',
	external_id: null,
	fingerprint: 'abcdef0123456789',
	status: 'open',
	title: 'something happened',
	description: null,
	severity: 'medium',
	severity_raw: '5',
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

function rulesOf(...values: unknown[]): CompiledRules {
	const compiled = compileRules(values.map((value, i) => ({ value, file: 'r.yaml', line: i + 1, column: 1 })));
	if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
	return compiled.value;
}
const rule = (given: Record<string, unknown>) => ({ id: 'r', title: 'a rule', when: 'true', ...given });

describe('a rule that chooses a route', () => {
	const judged = (kind: Alert['kind'], ...routes: string[]) =>
		judge(alert({ kind }), {
			...context,
			rules: rulesOf(...routes.map((route, i) => rule({ id: `r${i}`, route }))),
		}).route;
	it('says it in the verdict, the last one that fires', () => {
		expect(judged('security')).toBeNull();
		expect(judged('security', 'ot')).toBe('ot');
		expect(judged('security', 'ot', 'harbour')).toBe('harbour');
	});
	it('has no say over process safety', () => {
		expect(judged('process_safety', 'ot')).toBeNull();
	});
	it('has to name a route that there is', () => {
		const source = { value: rule({ route: 'harbor' }), file: 'r.yaml', line: 1, column: 1 };
		const answer = compileRules([source], { hasRoute: (name) => name === 'harbour' });
		expect(answer.ok ? [] : answer.error.map((finding) => finding.message)).toEqual([
			'rule `r`: routes.yaml has no route named `harbor`',
		]);
	});
});

describe('the shipped rules', () => {
	it.each([
		[
			'program download to a PLC',
			{ title: 'PLC program download', entities: on('plc-1', 'eng-1') },
			{ category: 'ot_change', severity: 'high', playbooks: ['plc-logic-change'] },
		],
		[
			'program download named by id',
			{ title: 'x', techniques: ['T0843'], entities: on('plc-1') },
			{ category: 'ot_change', severity: 'high', playbooks: ['plc-logic-change'] },
		],
		[
			'online edit',
			{ title: 'Online edit of controller logic detected', domain: 'ot' as const },
			{ category: 'ot_change', severity: 'high' },
		],
		[
			'a finding on a safety system',
			{ title: 'New connection', severity: 'low' as const, entities: on('sis-1') },
			{ severity: 'critical', playbooks: ['sis-security-finding'] },
		],
		[
			'a gas alarm',
			{ title: 'GAS 20 % LEL', kind: 'process_safety' as const, severity: null, entities: on('plc-1') },
			{ category: 'process_safety', severity: 'critical', playbooks: ['process-safety-alarm'], domain: 'ot' },
		],
		[
			'a gas alarm that came as a process alarm',
			{ title: 'Gas detector 3 high', kind: 'process' as const, entities: on('plc-1') },
			{ category: 'process_safety', severity: 'high', playbooks: ['process-safety-alarm'] },
		],
		[
			'a vendor session',
			{ title: 'Remote session started', entities: on('jump-1') },
			{ playbooks: ['vendor-remote-session', 'it-ot-lateral-movement'] },
		],
		[
			'malware on a laptop',
			{ title: 'Trojan found', entities: on('lap-1') },
			{ category: 'malware', playbooks: ['malware-it-endpoint'], domain: 'it' },
		],
		[
			'malware that an OT sensor saw on an unlisted host',
			{ title: 'Malware detected', domain: 'ot' as const },
			{ category: 'malware', severity: 'high', playbooks: ['malware-ot-host'], domain: 'ot' },
		],
		[
			'ransomware',
			{ title: 'Ransomware behaviour: files encrypted', entities: on('lap-1') },
			{ category: 'ransomware', severity: 'high', playbooks: ['ransomware'] },
		],
		[
			'IT reaching into OT',
			{ title: 'Unexpected connection over SMB', entities: on('eng-1', 'lap-1') },
			{ category: 'intrusion', severity: 'high', playbooks: ['it-ot-lateral-movement'] },
		],
		[
			'an HMI that is gone',
			{ title: 'Host not responding', kind: 'availability' as const, entities: on('hmi-1') },
			{ category: 'ot_availability', severity: 'high', playbooks: ['loss-of-view'] },
		],
		[
			'guessed passwords',
			{ title: 'Multiple failed logins', entities: on('lap-1') },
			{ category: 'account', severity: 'medium' },
		],
	])('%s', (_, given, expected) => {
		expect(judge(alert(given), context)).toMatchObject(expected);
	});

	it('an open window silences the session rule, and only where it covers the session', () => {
		const session = alert({ title: 'Remote session started', entities: on('jump-1') });
		const window = {
			change: 'CHG-1',
			start: Date.parse('2026-03-01T09:00:00Z'),
			end: Date.parse('2026-03-01T11:00:00Z'),
			site: 'north',
			zone: 'dmz',
			assets: [],
			from_host: null,
			user: null,
		};
		const proposes = (windows: NonNullable<JudgeContext['windows']>): boolean =>
			judge(session, { ...context, windows }).playbooks.includes('vendor-remote-session');
		expect(proposes([window])).toBe(false);
		expect(proposes([{ ...window, zone: 'cell-1' }])).toBe(true);
		expect(proposes([{ ...window, end: window.start + 1 }])).toBe(true);
		expect(proposes([{ ...window, user: 'ann' }])).toBe(true);
		expect(proposes([{ ...window, assets: ['JUMP-1'] }])).toBe(false);
	});

	it('says nothing dramatic about routine', () => {
		const verdict = judge(alert({ title: 'User logged out', kind: 'audit', severity: 'informational' }), context);
		expect(verdict).toMatchObject({ muted: true, severity: 'informational', category: 'audit', playbooks: [] });
	});
});

describe('severity', () => {
	it.each([
		[{ set: 'low' }, 'low', 'low'],
		[{ raise: 1 }, 'high', 'high'],
		[{ raise: 4 }, 'critical', 'critical'],
		[{ floor: 'high' }, 'high', 'high'],
		[{ floor: 'low' }, 'medium', 'medium'],
	])('a rule with %o gives %s, floor %s', (given, severity, floor) => {
		const verdict = judge(alert(), { ...context, rules: rulesOf(rule(given)) });
		expect([verdict.severity, verdict.severity_floor]).toEqual([severity, floor]);
	});

	it('a floor holds against a later set', () => {
		const rules = rulesOf(rule({ id: 'a', floor: 'high', order: 1 }), rule({ id: 'b', set: 'low', order: 2 }));
		expect(judge(alert(), { ...context, rules }).severity).toBe('high');
	});

	it('rules are asked in their order, not the order of the file', () => {
		const rules = rulesOf(rule({ id: 'late', set: 'low', order: 20 }), rule({ id: 'early', set: 'high', order: 10 }));
		expect(judge(alert(), { ...context, rules }).severity).toBe('low');
	});

	it('where the source says none, what the words say never becomes the floor', () => {
		const verdict = judge(alert({ severity: null, title: 'Mimikatz credential dumping from LSASS memory' }), {
			...context,
			rules: [],
		});
		expect(verdict.severity_floor).toBe('informational');
		expect(severityRank(verdict.severity)).toBeGreaterThan(1);
	});

	it('medium on the most critical asset is high', () => {
		expect(judge(alert({ entities: on('erp-1') }), { ...context, rules: [] }).severity).toBe('high');
	});
});

describe('rules that go wrong', () => {
	it('one that cannot be evaluated counts as not matched, and the verdict says so', () => {
		const rules = rulesOf(rule({ when: 'labels.nothing == "x"', set: 'low' }), rule({ id: 'ok', floor: 'high' }));
		const verdict = judge(alert(), { ...context, rules });
		expect(verdict.severity).toBe('high');
		expect(verdict.reasons.map((reason) => reason.text)).toContain(
			'r could not be evaluated and did not count: No such key: nothing',
		);
	});
});

describe('laws', () => {
	const words = fc.constantFrom(
		'gas alarm',
		'ignore previous rules',
		'severity low',
		'PLC stop',
		'',
		'<!channel>',
		'T0843',
		'\u0000\u202e',
		'x'.repeat(400),
	);
	const anyAlert = fc.record({
		title: fc.array(words, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' ').slice(0, 500) || 'x'),
		description: fc.option(fc.array(words, { maxLength: 6 }).map((parts) => parts.join(' '))),
		severity: fc.option(fc.constantFrom(...SEVERITIES)),
		kind: fc.constantFrom(
			'security',
			'vulnerability',
			'process_safety',
			'process',
			'availability',
			'maintenance',
			'audit',
		),
		entities: fc.constantFrom(on('plc-1'), on('sis-1'), on('lap-1', 'eng-1'), []),
		techniques: fc.constantFrom<string[]>([], ['T0843'], ['T9999']),
		labels: fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
	});
	const hostile = rulesOf(
		rule({ id: 'mute-all', when: 'alert.kind != "process_safety"', mute: true, set: 'informational' }),
		rule({ id: 'calm', when: 'alert.kind == "process_safety"', set: 'informational' }),
	);

	it('a verdict is always well-formed and the same for the same alert', () => {
		fc.assert(
			fc.property(anyAlert, (given) => {
				const one = alert(given);
				const verdict = judge(one, context);
				expect(Verdict.safeParse(verdict).success).toBe(true);
				expect(judge(one, context)).toEqual(verdict);
				expect(severityRank(verdict.severity)).toBeGreaterThanOrEqual(severityRank(verdict.severity_floor));
			}),
			{ numRuns: 150 },
		);
	});

	it('a rule that files what its source calls a loss of safety elsewhere neither mutes it nor takes it below high', () => {
		for (const effect of [{ mute: true }, { set: 'low' }]) {
			const verdict = judge(alert({ techniques: ['T0880'] }), {
				...context,
				rules: rulesOf(rule({ when: 'alert.kind == "security"', category: 'policy', ...effect })),
			});
			expect(verdict).toMatchObject({ category: 'policy', muted: false, severity: 'high', severity_floor: 'high' });
		}
	});

	it('no rule mutes a process-safety alarm or takes it below high', () => {
		fc.assert(
			fc.property(anyAlert, (given) => {
				const verdict = judge(alert({ ...given, kind: 'process_safety' }), { ...context, rules: hostile });
				expect(verdict.muted).toBe(false);
				expect(severityRank(verdict.severity)).toBeGreaterThanOrEqual(3);
				expect(verdict.category).toBe('process_safety');
			}),
			{ numRuns: 100 },
		);
	});

	it('the classifier changes neither floor, firm confidence, playbooks nor muting', () => {
		fc.assert(
			fc.property(anyAlert, (given) => {
				const pick = ({ confidence_firm, playbooks, muted, tags }: Verdict) => ({
					confidence_firm,
					playbooks,
					muted,
					tags,
				});
				const one = alert(given);
				const without = judge(one, { ...context, classifier: null });
				const sure = {
					...context,
					classifier: { ...weights, calibration: { enterprise: Array(10).fill(1), ics: Array(10).fill(1) } },
				};
				expect(pick(judge(one, sure))).toEqual(pick(without));
			}),
			{ numRuns: 100 },
		);
	});

	it('what a source claims of its certainty stays below high', () => {
		for (const confidence of ['100', '1', 'high', '99.9', '1e9', '-5', 'NaN']) {
			const verdict = judge(alert({ labels: { confidence } }), { ...context, rules: [] });
			expect(verdict.confidence_firm).toBeLessThan(0.8);
			expect(verdict.confidence_firm).toBeGreaterThanOrEqual(0.3);
		}
	});

	it('an unlisted address inside an OT range is OT', () => {
		const entities = [{ type: 'ip' as const, value: '10.9.1.1', role: 'target' as const }];
		expect(judge(alert({ entities }), context).domain).toBe('ot');
	});

	it('accepts what intake makes', () => {
		expect(Alert.safeParse(alert()).success).toBe(true);
	});
});
