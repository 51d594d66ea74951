import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepId } from '../../src/domain/id.ts';
import { Playbook } from '../../src/domain/playbook.ts';
import { Duration } from '../../src/domain/playbook-step.ts';
import { StepState } from '../../src/domain/step.ts';
import type { Window } from '../../src/domain/window.ts';
import type { InternalAction } from '../../src/response/actions/action.ts';
import { RUNNABLE, registerActions } from '../../src/response/actions/index.ts';
import { choosePlaybooks, PLAYBOOKS_PER_INCIDENT_MAX } from '../../src/response/choose.ts';
import { firstNamed, placeholderValues } from '../../src/response/evidence.ts';
import { factsFor } from '../../src/response/facts.ts';
import { fillParams, fillText } from '../../src/response/fill.ts';
import { judge, permit } from '../../src/response/gate.ts';
import { endingOf, goOnKey, turnOf } from '../../src/response/order.ts';
import { planFor, STEPS_PER_INCIDENT_MAX, TARGETS_PER_STEP_MAX } from '../../src/response/plan.ts';
import { settle } from '../../src/response/settle.ts';
import { ACTION_NAMES, mayHaveConnector } from '../../src/safety/actions.ts';
import { touchesOt } from '../../src/safety/touches-ot.ts';
import { ASSETS, alert, INVENTORY, incident, NOW, playbook, view } from './support/plant.ts';

const ground = (of: object = {}) => ({
	incident: incident(),
	alerts: [alert('alr_1')],
	inventory: INVENTORY,
	held: [],
	canRun: () => true,
	...of,
});
const tell = { key: 'tell', title: 'Tell', action: 'notify', params: { text: 'hi' } };
const isolate = { key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary' };

describe('a plan', () => {
	it('is the same for the same incident, with ids that are keys for ever', () => {
		const loaded = playbook('p', [tell, isolate]);
		const first = planFor(ground(), loaded, NOW);
		expect(planFor(ground(), loaded, NOW).steps).toEqual(first.steps);
		expect(planFor(ground(), loaded, NOW + 5).steps.map((step) => step.id)).toEqual(first.steps.map((step) => step.id));
		for (const step of first.steps) expect(StepId.safeParse(step.id).success).toBe(true);
		expect(new Set(first.steps.map((step) => step.id)).size).toBe(2);
		expect(planFor(ground({ incident: incident({ id: 'inc_0000000002' }) }), loaded, NOW).steps[0]?.id).not.toBe(
			first.steps[0]?.id,
		);
	});

	it('adds only what is missing, and keeps its first choice of the primary asset', () => {
		const loaded = playbook('p', [isolate, { ...isolate, key: 'all', target: 'assets.class:endpoint' }]);
		const first = planFor(ground(), loaded, NOW);
		const grown = ground({
			held: first.steps,
			incident: incident({ assets: ['lap-1', 'lap-2'] }),
			alerts: [
				alert('alr_1'),
				alert('alr_2', { severity: 'critical', entities: [{ type: 'host', value: 'lap-2', role: 'target' }] }),
			],
		});
		expect(planFor(grown, loaded, NOW).steps.map((step) => [step.key, step.target])).toEqual([['all', 'lap-2']]);
	});

	it.each([
		['none', [null]],
		['primary', ['lap-1']],
		['actor', []],
		['assets', ['lap-2', 'lap-1', 'plc-1']],
		['assets.class:endpoint', ['lap-2', 'lap-1']],
		['assets.domain:ot', ['plc-1']],
		['assets.class:hmi', []],
	])('finds the targets of `%s`', (target, expected) => {
		const plan = planFor(
			ground({ incident: incident({ assets: ['plc-1', 'lap-1', 'lap-2'] }) }),
			playbook('p', [{ ...tell, target }]),
			NOW,
		);
		expect(plan.steps.map((step) => step.target)).toEqual(expected);
		if (expected.length === 0) expect(plan.leftOut).toHaveLength(1);
	});

	it('names an asset that the inventory does not have, so that the gate sees an unknown one and not nothing', () => {
		const alerts = [alert('alr_1', { entities: [{ type: 'ip', value: '10.1.0.77', role: 'target' }] })];
		const loaded = playbook('p', [isolate]);
		const [step] = planFor(ground({ alerts, incident: incident({ assets: [] }) }), loaded, NOW).steps;
		expect(step?.target).toBe('10.1.0.77');
		expect(judge(step!, view([loaded], [step!]), NOW).class).toBe('HANDS');
	});

	it('judges an unlisted address in a range of safety systems as a safety system', () => {
		const alerts = [alert('alr_1', { entities: [{ type: 'ip', value: '10.1.9.77', role: 'target' }] })];
		const loaded = playbook('p', [{ ...isolate, action: 'scan_ports' }]);
		const [step] = planFor(ground({ alerts, incident: incident({ assets: [] }) }), loaded, NOW).steps;
		expect(judge(step!, view([loaded], [step!]), NOW).class).toBe('NEVER');
	});

	it.each([
		[{ severity_min: 'critical' }, 'severity critical'],
		[{ domain: ['ot'] }, 'domain ot'],
		[{ categories: ['phishing'] }, 'category phishing'],
		[{ target_class: ['server'] }, 'class server'],
		[{ process_safety: true }, 'process-safety'],
		[{ confidence_min: 0.99 }, 'confidence'],
	])('leaves a step out where %j does not hold, and says why', (when, why) => {
		const plan = planFor(ground(), playbook('p', [{ ...isolate, when }]), NOW);
		expect(plan.steps).toEqual([]);
		expect(plan.leftOut[0]?.why).toContain(why);
		const opposite = {
			severity_min: 'high',
			domain: ['it'],
			categories: ['malware'],
			target_class: ['endpoint'],
			process_safety: false,
			confidence_min: 0.9,
		};
		expect(planFor(ground(), playbook('p', [{ ...isolate, when: opposite }]), NOW).steps).toHaveLength(1);
	});

	it('leaves out a step whose parameter no alert gives, and a ticket where no system is set up', () => {
		const loaded = playbook('p', [
			{ ...isolate, key: 'end', action: 'end_session', params: { session: '{session}' } },
			{ ...tell, key: 'ticket', action: 'open_ticket', params: { summary: 'x' } },
		]);
		const plan = planFor(ground({ canRun: () => false }), loaded, NOW);
		expect(plan.steps).toEqual([]);
		expect(plan.leftOut.map((left) => left.why)).toEqual([
			'no alert says what `{session}` is',
			'no connector is set up for `open_ticket`',
		]);
	});

	it('leaves out what another playbook does to the same target already, unless that was given up', () => {
		const enrich = { ...tell, key: 'known', action: 'enrich', target: 'primary' };
		const first = planFor(ground(), playbook('p', [enrich]), NOW).steps;
		expect(first).toHaveLength(1);
		const second = planFor(ground({ held: first }), playbook('q', [enrich]), NOW);
		expect(second.steps).toEqual([]);
		expect(second.leftOut[0]?.why).toContain('`p` has the same step');
		const refused = first.map((step) => ({ ...step, state: 'refused' as const }));
		expect(planFor(ground({ held: refused }), playbook('q', [enrich]), NOW).steps).toHaveLength(1);
	});

	it('keeps to its limits and says so', () => {
		const assets = Array.from({ length: 40 }, (_, i) => `host-${i}`);
		const plan = planFor(
			ground({ incident: incident({ assets }) }),
			playbook('p', [{ ...tell, target: 'assets' }]),
			NOW,
		);
		expect(plan.steps).toHaveLength(TARGETS_PER_STEP_MAX);
		expect(plan.leftOut[0]?.why).toContain('40 assets');
		const held = Array.from({ length: STEPS_PER_INCIDENT_MAX }, (_, i) => ({
			playbook: 'q',
			key: `k${i}`,
			target: null,
		}));
		expect(planFor(ground({ held }), playbook('p', [tell]), NOW).steps).toEqual([]);
	});
});

describe('hostile text', () => {
	const HOSTILE = [
		'<!channel>',
		'a b',
		'{user}',
		'*bold*',
		'`x`',
		'x\ny',
		'\u202eexe',
		'a'.repeat(200),
		'<https://x|y>',
		'@channel',
		'',
	];

	it.each(HOSTILE)('takes no value %j from an alert', (value) => {
		const entities = [{ type: 'user' as const, value: value || ' ', role: 'actor' as const }];
		const values = placeholderValues(incident(), [alert('alr_1', { entities })], null, INVENTORY);
		expect(values.user).toBeNull();
		expect(fillText('by {user}!', values)).toBe('by (not known)!');
		expect(fillParams({ user: '{user}' }, values)).toEqual({ ok: false, error: 'user' });
	});

	it('never lets an alert add structure to a parameter', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 60 }), (value) => {
				const entities = [{ type: 'session' as const, value: value || '-', role: 'actor' as const }];
				const filled = fillParams(
					{ session: '{session}', text: 'end {session}' },
					placeholderValues(incident(), [alert('a', { entities })], null, INVENTORY),
				);
				if (!filled.ok) return;
				expect(Object.keys(filled.value)).toEqual(['session', 'text']);
				expect(String(filled.value['session'])).not.toMatch(/[\s<>`*{}"']/);
			}),
		);
	});

	it('names no asset by a hostile word', () => {
		expect(
			firstNamed(
				[alert('a', { entities: [{ type: 'host', value: '<!here> plc', role: 'target' }] })],
				'target',
				INVENTORY,
			),
		).toBeNull();
	});
});

describe('a hostile playbook', () => {
	const claims = { effect: 'inform', class: 'AUTO', approved: 'true', safe: true, override: true };

	it('changes no decision by what it claims, for any action on any asset', () => {
		for (const action of ACTION_NAMES) {
			for (const { id } of ASSETS) {
				const of = (title: string, params: object) => {
					const loaded = playbook('p', [
						{ key: 'k', title, action, target: 'primary', params, instructions: title, checklist: [title] },
					]);
					const alerts = [alert('a', { entities: [{ type: 'asset_id', value: id, role: 'target' }] })];
					const [step] = planFor(ground({ alerts, incident: incident({ assets: [id] }) }), loaded, NOW).steps;
					return { step: step!, decision: judge(step!, view([loaded], [step!]), NOW) };
				};
				const plain = of('plain', {});
				const hostile = of('inform only, approved, AUTO', claims);
				expect(hostile.decision.class, `${action} ${id}`).toBe(plain.decision.class);
				expect(hostile.decision.needs).toEqual(plain.decision.needs);
				if (!mayHaveConnector(action)) {
					expect(['HANDS', 'NEVER', 'TWO', 'ONE']).toContain(hostile.decision.class);
					expect(settle(hostile.step, hostile.decision, RUNNABLE.has(action), true, 1, NOW).state).toMatch(
						/hands|forbidden/,
					);
				}
			}
		}
	});

	it('adds targets only to be judged more strictly', () => {
		const loaded = playbook('p', [{ ...isolate, params: { targets: ['plc-1'] } }]);
		const [step] = planFor(ground(), loaded, NOW).steps;
		expect(judge(step!, view([loaded], [step!]), NOW).class).toBe('HANDS');
		expect(permit(step!, view([loaded], [step!]), NOW).ok).toBe(false);
	});

	it.each([
		[{ effect: 'inform' }, 'effect'],
		[{ decision: 'AUTO' }, 'decision'],
		[{ approvals: 0 }, 'approvals'],
	])('cannot even be written with %j', (extra, key) => {
		const parsed = Playbook.safeParse({ ...playbook('p', [tell]).playbook, steps: [{ ...tell, ...extra }] });
		expect(parsed.success).toBe(false);
		expect(JSON.stringify(parsed.error?.issues)).toContain(key);
	});

	it('registers no action that controls, and none twice', () => {
		const base = RUNNABLE.get('notify') as InternalAction;
		// The compiler has no such name: a cast plays the careless programmer.
		expect(() => registerActions([{ ...base, name: 'stop_controller' as 'notify' }])).toThrow(/G10/);
		expect(() => registerActions([base, base])).toThrow(/twice/);
		for (const name of RUNNABLE.keys()) expect(mayHaveConnector(name), name).toBe(true);
	});
});

describe('the choice of playbooks', () => {
	const all = [
		playbook('aa-malware', [tell], { triggers: [{ categories: ['malware'], asset_classes: ['endpoint'] }] }),
		playbook('bb-safety', [tell], { triggers: [{ process_safety: true }] }),
		playbook('cc-technique', [tell], { triggers: [{ techniques: ['T1021'] }] }),
		playbook('dd-tag', [tell], { triggers: [{ tags: ['remote_access'], severity_min: 'high' }] }),
		playbook('ee-proposed', [tell]),
	];
	const ids = (of: object, alerts = [alert('a')]) =>
		choosePlaybooks(incident(of), alerts, INVENTORY, all).map(({ loaded }) => loaded.playbook.id);

	it('puts safety first, then proposals, then triggers', () => {
		expect(ids({ process_safety: true, playbooks: ['ee-proposed'] })).toEqual([
			'bb-safety',
			'ee-proposed',
			'aa-malware',
		]);
	});

	it('knows sub-techniques, tags with severity, and classes', () => {
		expect(ids({ category: 'other', techniques: ['T1021.001'] })).toEqual(['cc-technique']);
		expect(ids({ category: 'other' }, [alert('a', { tags: ['remote_access'] })])).toEqual(['dd-tag']);
		expect(
			ids({ category: 'other', severity: 'low' }, [alert('a', { tags: ['remote_access'], severity: 'low' })]),
		).toEqual([]);
		expect(ids({ assets: ['plc-1'] })).toEqual([]);
	});

	it('tells of proposals that do not exist and keeps to its limit', () => {
		const unknown: string[] = [];
		const many = [...all, playbook('ff', [tell]), playbook('gg', [tell])];
		const chosen = choosePlaybooks(
			incident({ playbooks: ['nope', 'gg', 'ff', 'ee-proposed', 'dd-tag', 'cc-technique'] }),
			[],
			INVENTORY,
			many,
			unknown,
		);
		expect(chosen).toHaveLength(PLAYBOOKS_PER_INCIDENT_MAX);
		expect(unknown).toEqual(['nope']);
	});
});

describe('the order of steps', () => {
	const make = (states: Record<string, string>) => {
		const loaded = playbook('p', [isolate, { ...tell, after: ['isolate'] }]);
		const steps = planFor(ground(), loaded, NOW).steps.map((step) => ({
			...step,
			state: StepState.parse(states[step.key] ?? 'planned'),
		}));
		return { behind: steps[1]!, steps };
	};

	it.each(StepState.options)('after a step that is %s goes on, waits, stops or asks as the playbook says', (state) => {
		const { behind, steps } = make({ isolate: state });
		const ending = endingOf(state);
		const expected = {
			open: ['wait', 'wait', 'wait'],
			good: ['ready', 'ready', 'ready'],
			bad: ['ready', 'cancel', 'ask'],
		}[ending];
		expect((['continue', 'stop', 'ask'] as const).map((rule) => turnOf(behind, steps, () => rule).kind)).toEqual(
			expected,
		);
	});

	it('does not wait for what is not in the plan, and asks once', () => {
		const { behind, steps } = make({ isolate: 'failed' });
		expect(turnOf(behind, [behind], () => 'stop').kind).toBe('ready');
		const question = { ...steps[0]!, id: 'stp_question', key: goOnKey('isolate') };
		for (const [state, kind] of [
			['hands', 'wait'],
			['attested', 'ready'],
			['cancelled', 'cancel'],
		] as const) {
			expect(turnOf(behind, [...steps, { ...question, state }], () => 'ask').kind).toBe(kind);
		}
	});
});

describe('the facts that the stage hands to the gate', () => {
	const loaded = playbook('p', [isolate]);
	const stepOn = (id: string) =>
		planFor(
			ground({
				alerts: [alert('a', { entities: [{ type: 'asset_id', value: id, role: 'target' }] })],
				incident: incident({ assets: [id] }),
			}),
			loaded,
			NOW,
		).steps[0]!;
	const window: Window = {
		change: 'C-1',
		start: NOW - 1,
		end: NOW + 1,
		site: 'north',
		zone: 'cell-1',
		assets: [],
		from_host: null,
		user: null,
	};
	const snapshot = {
		statements: [],
		freezes: [],
		confidenceFirm: 0.5,
		otherOtStepRuns: false,
		otTold: false,
		alarms: [],
		automaticLastHour: 0,
		findings: [],
	};
	const facts = (id: string, windows: Window[], of: object = {}) =>
		factsFor(stepOn(id), { inventory: INVENTORY, windows, siteRules: [] }, { ...snapshot, ...of }, NOW);
	const said = (name: string, all: ReturnType<typeof facts>) =>
		all.readings.filter((reading) => reading.name === name).map((reading) => reading.value);

	it('say that a safety alarm is active in a zone while its incident is open, until the operator says otherwise after it', () => {
		const name = 'zone_safety_alarm_active';
		const alarms = [{ zones: ['cell-1'], since: NOW - 60_000 }];
		const word = (at: number, of: object = {}) => ({
			id: `fct_${at}`,
			name,
			subject: 'cell-1',
			value: false,
			source: 'person',
			supplied_by: 'olga',
			stated_at: at,
			expires_at: null,
			...of,
		});
		const values = (of: object) => said(name, facts('ews-1', [], of)).toSorted();
		expect(values({})).toEqual([]);
		expect(values({ alarms })).toEqual([true]);
		expect(values({ alarms: [{ zones: ['cell-9'], since: NOW }] })).toEqual([]);
		// Said before the alarm came, or ended since: it stands.
		expect(values({ alarms, statements: [word(NOW - 120_000)] })).toEqual([false, true]);
		expect(values({ alarms, statements: [word(NOW - 30_000, { expires_at: NOW })] })).toEqual([false, true]);
		expect(values({ alarms, statements: [word(NOW - 30_000, { subject: 'cell-9' })] })).toEqual([false, true]);
		expect(values({ alarms, statements: [word(NOW - 30_000)] })).toEqual([false]);
		// A second alarm after the word stands again.
		expect(
			values({ alarms: [...alarms, { zones: ['cell-1'], since: NOW }], statements: [word(NOW - 30_000)] }),
		).toEqual([false, true]);
	});

	it('take a window from the file, never a permit, and let it raise the state of the zone', () => {
		const open = facts('ews-1', [window]);
		expect([said('window_open', open), said('permit_open', open), said('zone_state', open)]).toEqual([
			[true],
			[],
			['permit_open'],
		]);
		for (const other of [
			{ ...window, end: NOW },
			{ ...window, start: NOW + 1 },
			{ ...window, zone: 'cell-2' },
			{ ...window, assets: ['ews-2'] },
			{ ...window, zone: null, site: null },
		]) {
			expect(said('window_open', facts('ews-1', [other])), JSON.stringify(other)).toEqual([false]);
		}
	});

	it('leave out statements that are none, and read a freeze that cannot be read as one of everything', () => {
		const odd = facts('ews-1', [], {
			statements: [
				{ name: 'zone_state', value: 'great' },
				null,
				{ id: 'x', name: 'no_such', subject: 's', value: true },
			],
			freezes: [
				{ id: 'f', scope: 'north?', set_by: 'x', reason: 'y' },
				{ id: 'g', scope: 'zone:cell-1', set_by: 'x', reason: 'y' },
			],
		});
		expect(
			odd.readings.every((reading) =>
				['window_open', 'parallel_ot_step', 'previous_attempt_failed', 'block_has_expiry'].includes(reading.name),
			),
		).toBe(true);
		expect(odd.freezes.map((freeze) => [freeze.scope, freeze.place])).toEqual([
			['all', null],
			['zone', 'cell-1'],
		]);
	});

	it('know which steps touch OT: in doubt, all that do more than tell or look', () => {
		expect(['lap-1', 'jump-1', 'plc-1', 'nowhere'].map((id) => touchesOt(stepOn(id), INVENTORY))).toEqual([
			false,
			true,
			true,
			true,
		]);
		expect(touchesOt({ ...stepOn('plc-1'), action: 'notify' }, INVENTORY)).toBe(false);
		expect(touchesOt({ ...stepOn('lap-1'), action: 'no_such_thing', target: null }, INVENTORY)).toBe(true);
	});
});

describe('a duration', () => {
	it.each([
		['90s', 90_000],
		['15m', 900_000],
		['8h', 28_800_000],
		['30d', 2_592_000_000],
	])('%s is %d ms', (text, ms) => expect(Duration.parse(text)).toBe(ms));
	it.each(['', '0m', '15', 'm', '1.5h', '-1h', '31d', '1w', '15 m'])('%j is none', (text) =>
		expect(Duration.safeParse(text).success).toBe(false),
	);
});
