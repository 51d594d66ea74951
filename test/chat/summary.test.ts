// What is going on, in two plain sentences, over the shapes that incidents of a plant have. The words are the answer: read them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Situation } from '../../src/chat/situation.ts';
import { summaryFor } from '../../src/chat/views/summary.ts';
import type { Entity } from '../../src/domain/alert.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { CATEGORIES } from '../../src/domain/verdict.ts';
import type { SampleAlert } from '../../src/store/read/sample.ts';
import { directory, incident } from './world.ts';

const AT = Date.UTC(2026, 2, 1, 3);
const MINUTE = 60_000;
const entity = (role: Entity['role'], type: Entity['type'], value: string): Entity => ({ role, type, value });
const alert = (given: Partial<SampleAlert> = {}): SampleAlert => ({
	source: 'nozomi-north',
	title: 'PLC program download',
	kind: 'security',
	status: 'open',
	at: AT,
	entities: [],
	assets: [],
	via: null,
	crossing: null,
	...given,
});
const said = (of: Partial<Incident>, sample?: readonly SampleAlert[]): string => {
	const base = { tactics: [], zones: [], assets: [], sites: [], first_at: AT, last_at: AT, alert_count: 1 };
	const situation: Situation = {
		incident: incident({ ...base, ...of }),
		steps: [],
		approvals: [],
		timeline: [],
		...(sample === undefined ? {} : { sample }),
	};
	return summaryFor(situation, directory.naming);
};

describe('the summary that needs no model', () => {
	it('tells of phishing in the office, and that OT has seen nothing of it', () => {
		expect(
			said({ title: 'Suspicious link in a mail', domain: 'it', category: 'phishing', tactics: ['initial-access'] }, [
				alert({
					source: 'defender',
					assets: ['laptop-12'],
					entities: [entity('target', 'email', 'b.lange@plant.example')],
				}),
			]),
		).toMatchInlineSnapshot(
			`"Phishing is reported on laptop-12 (ws, level 4, zone office), about the account b.lange@plant.example: “Suspicious link in a mail”. It was seen once from defender, at 03:00 UTC on 1 March; so far it is on the IT side only, with traces of getting in, and nothing of it is seen in OT."`,
		);
	});

	it('tells of an attack that went from IT into OT, and by which way', () => {
		expect(
			said(
				{
					title: 'Remote service session to ews-4',
					domain: 'cross',
					category: 'intrusion',
					alert_count: 9,
					last_at: AT + 47 * MINUTE,
					assets: ['laptop-12', 'ews-4', 'plc-7'],
					zones: ['office', 'cell-3'],
					tactics: ['initial-access', 'credential-access', 'lateral-movement', 'execution'],
				},
				[
					alert({ source: 'crowdstrike', assets: ['laptop-12'], entities: [entity('actor', 'user', 'PLANT\\blange')] }),
					alert({ assets: ['ews-4'], crossing: 'office to cell-3 by conduit fw-1' }),
				],
			),
		).toMatchInlineSnapshot(
			`"Signs of an intrusion are reported on 3 assets, beginning with laptop-12 (ws, level 4, zone office), by PLANT\\blange: “Remote service session to ews-4”. It began at 03:00 UTC on 1 March and has brought 9 alerts from crowdstrike and nozomi-north in 47 minutes; it has gone from IT into OT (office to cell-3 by conduit fw-1), in the zones office and cell-3, with traces of getting in, stealing passwords, moving on to other machines and 1 more."`,
		);
	});

	it('tells who changed which controller from where', () => {
		expect(
			said(
				{
					title: 'Program download to plc-7',
					domain: 'ot',
					category: 'ot_change',
					assets: ['plc-7', 'ews-4'],
					zones: ['cell-3'],
				},
				[
					alert({
						assets: ['plc-7', 'ews-4'],
						entities: [
							entity('actor', 'user', 'maria'),
							entity('actor', 'host', 'ews-4'),
							entity('target', 'host', 'plc-7'),
						],
					}),
				],
			),
		).toMatchInlineSnapshot(
			`"A change to control logic or settings is reported on 2 assets, beginning with plc-7 (plc, level 1, zone cell-3), by maria from ews-4: “Program download to plc-7”. It was seen once from nozomi-north, at 03:00 UTC on 1 March; it is on the OT side."`,
		);
	});

	it('tells of a storm as one cause', () => {
		const assets = Array.from({ length: 200 }, (_, i) => `io-${i}`);
		expect(
			said(
				{
					title: 'Host unreachable (io-0)',
					domain: 'ot',
					category: 'ot_availability',
					alert_count: 200,
					last_at: AT + 3 * MINUTE,
					assets,
					zones: ['line-1'],
				},
				[
					alert({
						source: 'zabbix',
						kind: 'availability',
						assets: ['io-0'],
						via: { kind: 'storm', cause: 'switch:sw-line' },
					}),
				],
			),
		).toMatchInlineSnapshot(
			`"200 machines (io-0, io-1 and 198 more) stopped answering at about the same time, most likely because of one cause, the switch sw-line: “Host unreachable (io-0)”. It began at 03:00 UTC on 1 March and has brought 200 alerts from zabbix in 3 minutes; it is on the OT side, and what is not in the inventory is judged as a controller."`,
		);
	});

	it('tells of process safety without a word about attackers, and whose alarm it is', () => {
		expect(
			said(
				{
					title: 'GAS HIGH HIGH detector 4',
					domain: 'ot',
					category: 'process_safety',
					process_safety: true,
					severity: 'critical',
					assets: ['sis-1'],
					tactics: ['impair-process-control'],
				},
				[alert({ source: 'dcs', kind: 'process_safety', assets: ['sis-1'] })],
			),
		).toMatchInlineSnapshot(
			`"A process-safety alarm is up at sis-1 (sis, level 1, zone cell-3): “GAS HIGH HIGH detector 4”. It was seen once from dcs, at 03:00 UTC on 1 March; the control-room operator acts first, and Interlock does nothing to the process."`,
		);
	});

	it('tells of a building controller in a maintenance window', () => {
		expect(
			said({ title: 'Setpoint override: AHU-3', domain: 'ot', category: 'ot_command', zones: ['bms'] }, [
				alert({ source: 'niagara', via: { kind: 'window', cause: 'CHG-12' } }),
			]),
		).toMatchInlineSnapshot(
			`"A command to control equipment is reported in zone bms: “Setpoint override: AHU-3”. It was seen once from niagara, at 03:00 UTC on 1 March; a maintenance window was open there at the time; it is on the OT side, and what is not in the inventory is judged as a controller."`,
		);
	});

	it('tells of an outage that is over', () => {
		expect(
			said(
				{
					title: 'Historian not reachable',
					domain: 'it',
					category: 'availability',
					alert_count: 2,
					last_at: AT + 20 * MINUTE,
					assets: ['laptop-12'],
				},
				[
					alert({ source: 'zabbix', status: 'closed', assets: ['laptop-12'] }),
					alert({ source: 'zabbix', status: 'closed' }),
				],
			),
		).toMatchInlineSnapshot(
			`"A failure is reported on laptop-12 (ws, level 4, zone office): “Historian not reachable”. It began at 03:00 UTC on 1 March and has brought 2 alerts from zabbix in 20 minutes; all of them have cleared since; so far it is on the IT side only, and nothing of it is seen in OT."`,
		);
	});

	it('tells of things that the inventory does not know, and how they are judged', () => {
		expect(
			said({ title: 'New device speaks Modbus', domain: 'ot', category: 'reconnaissance' }, [
				alert({ entities: [entity('target', 'ip', '10.66.1.9'), entity('actor', 'ip', '10.66.1.200')] }),
			]),
		).toMatchInlineSnapshot(
			`"Scanning or spying out is reported on 10.66.1.9, which the inventory does not know, from 10.66.1.200: “New device speaks Modbus”. It was seen once from nozomi-north, at 03:00 UTC on 1 March; it is on the OT side, and what is not in the inventory is judged as a controller."`,
		);
	});

	it('tells of many assets by their number and where it began', () => {
		expect(
			said(
				{
					title: 'Ransom note written',
					domain: 'it',
					category: 'ransomware',
					alert_count: 1_240,
					last_at: AT + 30 * 60 * MINUTE,
					assets: ['laptop-12', ...Array.from({ length: 60 }, (_, i) => `pc-${i}`)],
					zones: ['office', 'servers', 'dmz', 'home', 'lab'],
				},
				[alert({ source: 'defender', assets: ['laptop-12'] }), alert({ source: 'sentinelone', assets: ['pc-3'] })],
			),
		).toMatchInlineSnapshot(
			`"Signs of ransomware are reported on 61 assets, beginning with laptop-12 (ws, level 4, zone office): “Ransom note written”. It began at 03:00 UTC on 1 March and has brought 1,240 alerts from defender and sentinelone in 30 hours; so far it is on the IT side only, in the zones office, servers, dmz and 2 more, and nothing of it is seen in OT."`,
		);
	});

	it('tells what the row alone says where no alert was read, and what nobody knows', () => {
		expect(said({ title: 'Config changed.', domain: 'ot', category: 'other' })).toMatchInlineSnapshot(
			`"Something unusual is reported, on what is not known: “Config changed”. It was seen once, at 03:00 UTC on 1 March; it is on the OT side, and what is not in the inventory is judged as a controller."`,
		);
	});

	it('tells of use of an account that somebody else took', () => {
		expect(
			said({ title: 'Impossible travel', domain: 'it', category: 'account' }, [
				alert({
					source: 'okta',
					entities: [entity('target', 'account', 'j.doe'), entity('actor', 'ip', '203.0.113.9')],
				}),
			]),
		).toMatchInlineSnapshot(
			`"Suspicious use of an account is reported, about the account j.doe from 203.0.113.9: “Impossible travel”. It was seen once from okta, at 03:00 UTC on 1 March; so far it is on the IT side only, and nothing of it is seen in OT."`,
		);
	});

	it('tells of a slow campaign in days', () => {
		expect(
			said(
				{
					title: 'Beacon to a rare domain',
					domain: 'it',
					category: 'intrusion',
					alert_count: 7,
					last_at: AT + 9 * 24 * 60 * MINUTE,
					assets: ['laptop-12'],
					tactics: ['command-and-control', 'a-new-tactic'],
				},
				[alert({ source: 'elastic', assets: ['laptop-12'] })],
			),
		).toMatchInlineSnapshot(
			`"Signs of an intrusion are reported on laptop-12 (ws, level 4, zone office): “Beacon to a rare domain”. It began at 03:00 UTC on 1 March and has brought 7 alerts from elastic in 9 days; so far it is on the IT side only, with traces of control from outside and a new tactic, and nothing of it is seen in OT."`,
		);
	});
});

describe('whatever alerts say', () => {
	const sentences = (text: string): number => text.split(/[.!?](?=\s|$)/).filter((part) => part.trim() !== '').length;

	it('it is two sentences of bounded length, in every category', () => {
		const name = fc.oneof(
			fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
			fc.constant('Stop. Now! Why? Yes.'),
		);
		fc.assert(
			fc.property(
				fc.constantFrom(...CATEGORIES),
				fc.constantFrom('it' as const, 'ot' as const, 'cross' as const),
				name,
				fc.array(name, { maxLength: 5 }),
				fc.nat(1e7),
				(category, domain, title, names, ms) => {
					const text = said(
						{
							category,
							domain,
							title,
							assets: names,
							zones: names,
							tactics: names,
							alert_count: 1 + names.length,
							last_at: AT + ms,
						},
						[
							alert({
								source: title,
								assets: names,
								entities: names.map((value) => entity('actor', 'user', value)),
								crossing: title,
								via: names.length > 3 ? { kind: 'storm', cause: title } : null,
							}),
						],
					);
					expect(sentences(text), text).toBe(2);
					expect(text.length).toBeLessThan(2_500);
					expect(text).not.toMatch(/[<>\u0000-\u001f\u202e]|:\/\//);
				},
			),
			{ numRuns: 300 },
		);
	});

	it('a tactic may be called anything', () => {
		expect(said({ tactics: ['constructor', 'toString', '__proto__'], domain: 'it' })).toContain(
			'traces of constructor, toString',
		);
	});

	it('the same facts give the same words', () => {
		const one = () => said({ title: 'x', category: 'malware' }, [alert()]);
		expect(one()).toBe(one());
	});
});
