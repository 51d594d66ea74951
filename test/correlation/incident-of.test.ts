import { describe, expect, it } from 'vitest';
import { gather, gatheredOf, type Member } from '../../src/correlation/incident-of.ts';
import type { Verdict } from '../../src/domain/verdict.ts';
import { INVENTORY, START } from './plant.ts';

const member = (title: string, given: Partial<Verdict>, at = START): Member => ({
	alert: {
		source: 's',
		external_id: null,
		fingerprint: 'f'.repeat(16),
		status: 'open',
		title,
		description: null,
		severity: 'high',
		severity_raw: null,
		kind: 'security',
		domain: null,
		occurred_at: new Date(at).toISOString(),
		time_basis: 'event',
		entities: [],
		techniques: [],
		labels: {},
	},
	verdict: {
		domain: 'it',
		category: 'intrusion',
		severity: 'medium',
		severity_floor: 'medium',
		matrix: 'enterprise',
		tactics: [],
		techniques: [],
		confidence: 0.5,
		confidence_firm: 0.4,
		assets: ['pc-1'],
		playbooks: [],
		tags: [],
		muted: false,
		reasons: [],
		...given,
	},
	firstSeen: at,
	lastSeen: at,
});
const of = (...given: Parameters<typeof member>) => gatheredOf(member(...given), INVENTORY);

describe('the row of an incident', () => {
	it('says what and on what, and where by the inventory', () => {
		expect(of('dropper', {})).toMatchObject({
			title: 'dropper (pc-1)',
			zones: ['office'],
			sites: ['works'],
			alert_count: 1,
		});
	});

	it('takes the gravest alert for its name, and counts all', () => {
		const together = gather(
			of('dropper', {}),
			of('encryption', { severity: 'critical', category: 'ransomware', assets: ['pc-2'] }, START + 5),
		);
		expect(together).toMatchObject({
			title: 'encryption (pc-2)',
			severity: 'critical',
			category: 'ransomware',
			assets: ['pc-1', 'pc-2'],
			alert_count: 2,
			first_at: START,
			last_at: START + 5,
		});
	});

	it('is cross where both sides have evidence', () => {
		expect(gather(of('dropper', {}), of('download', { domain: 'ot', assets: ['plc-1'] })).domain).toBe('cross');
	});

	it.each([
		['from the jump host on a controller', 'jump', 'plc-1', 'security', 'cross'],
		['from the office on the jump host', 'pc-1', 'jump', 'security', 'ot'],
		['from one OT zone on another', 'eng', 'plc-1', 'security', 'ot'],
		['that a monitor of the office finds silent', 'pc-1', 'plc-1', 'availability', 'ot'],
	] as const)('is cross by a single alert %s where that leaves IT', (_, actor, target, kind, domain) => {
		const one = member('remote logon', { domain: 'ot', assets: [target, actor] });
		const entities = [
			{ type: 'host' as const, value: actor, role: 'actor' as const },
			{ type: 'host' as const, value: target, role: 'target' as const },
		];
		expect(gatheredOf({ ...one, alert: { ...one.alert, kind, entities } }, INVENTORY).domain).toBe(domain);
	});

	it('stays a process-safety incident whatever joins, from either side', () => {
		const gas = of('gas high', { category: 'process_safety', severity: 'high', domain: 'ot', assets: ['plc-1'] });
		const worse = of('encryption', { severity: 'critical', category: 'ransomware' });
		for (const together of [gather(gas, worse), gather(worse, gas)]) {
			expect(together).toMatchObject({
				process_safety: true,
				category: 'process_safety',
				title: 'gas high (plc-1)',
				severity: 'critical',
			});
		}
	});

	it('goes by the route that a rule chose for its gravest alert; of process safety the conditions of routes.yaml decide', () => {
		const chosen = (route: string | null, given: Partial<Verdict> = {}) =>
			gatheredOf(member('x', { route, ...given }), INVENTORY);
		expect(chosen('ot').route).toBe('ot');
		expect(gather(chosen('ot'), chosen('harbour', { severity: 'critical' })).route).toBe('harbour');
		expect(gather(chosen('ot'), chosen(null, { severity: 'critical' })).route).toBe('ot');
		const gas = chosen('harbour', { category: 'process_safety', severity: 'low' });
		expect(gas.route).toBeNull();
		expect(gather(chosen('ot', { severity: 'critical' }), gas).route).toBeNull();
		expect(gather(gas, chosen('ot', { severity: 'critical' })).route).toBeNull();
	});

	it('names only techniques that triage is fairly sure of', () => {
		const { techniques } = of('x', {
			techniques: [
				{ id: 'T0843', score: 0.9 },
				{ id: 'T0800', score: 0.2 },
			],
		});
		expect(techniques).toEqual(['T0843']);
	});
});
