import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NewEntry } from '../../src/domain/entry.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Step } from '../../src/domain/step.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { type ViewQuestion, viewQuestions } from '../../src/domain/view-question.ts';
import type { View } from '../../src/response/view.ts';
import { askViews, lookAfterViews, VIEW_ANSWER_MS, viewZonesOf } from '../../src/response/view-question.ts';
import { ASSETS, INVENTORY, incident, NOW, PEOPLE, playbook, view } from './support/plant.ts';

const LOADED = playbook('p', [
	{ key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary', params: {}, instructions: 'by hand' },
]);

function step(of: Partial<Step> = {}): Step {
	return {
		...{ id: 'stp_1', incident: 'inc_0000000001', playbook: 'p', playbook_version: LOADED.version, key: 'isolate' },
		...{ position: 0, title: 'Isolate', action: 'isolate_host', target: 'ews-1', params: {}, instructions: null },
		...{ checklist: [], state: 'done', decision: null, after: [], requested_by: 'bot', expires_at: null },
		...{ containment_ms: null, contained_until: null, attempts: 1, outcome: null, created_at: NOW, updated_at: NOW },
		...of,
	};
}

const zonesOf = (of: Partial<Step>, inventory = INVENTORY, where: Partial<typeof NOWHERE> = {}) =>
	viewZonesOf(step(of), inventory, { ...NOWHERE, ...where }).map((place) => place.zone);
const NOWHERE = { zones: [] as string[], sites: ['north'] };

describe('whose view a step may concern', () => {
	const flat = indexInventory({
		...INVENTORY.data,
		conduits: [...INVENTORY.data.conduits, { id: 'c2', from: 'office', to: 'cell-1', via: 'fw-1' }],
	});
	const leveled = indexInventory({
		...INVENTORY.data,
		zones: INVENTORY.data.zones.map((zone) => (zone.id === 'office' ? { ...zone, level: '3' as const } : zone)),
	});

	it.each<[string, Partial<Step>, (string | null)[]]>([
		['an engineering station at level 3: its own zone', { target: 'ews-1' }, ['cell-1']],
		['a jump host in the DMZ: the zone one conduit away', { target: 'jump-1' }, ['cell-1']],
		['the end of a session through it', { action: 'end_session', target: 'jump-1' }, ['cell-1']],
		['a block of it at a firewall', { action: 'block_internal', target: 'jump-1' }, ['cell-1']],
		['its release', { action: 'release_host', target: 'jump-1' }, ['cell-1']],
		['an office computer: nobody', { target: 'lap-1' }, []],
		['a thing that the inventory lacks: whoever it may be', { target: 'nobody-knows' }, [null]],
		['an unlisted address in the range of a zone: that zone', { target: '10.1.0.77' }, ['cell-1']],
		[
			'a device that the parameters name beside the target',
			{ target: 'lap-1', params: { device: 'ews-2' } },
			['cell-1'],
		],
		['a message', { action: 'notify', target: null }, []],
		['a look at stored logs', { action: 'query_logs' }, []],
		['an account, far from OT', { action: 'disable_account', target: null, params: { account: 'x' } }, []],
	])('%s', (_, of, zones) => {
		expect(zonesOf(of)).toEqual(zones);
	});

	it('goes by the conduits and levels of the inventory', () => {
		expect(zonesOf({ target: 'lap-x' }, flat)).toEqual(['cell-1']);
		// Stated: no operator looks through it, and nothing of OT needs it.
		expect(zonesOf({ target: 'lap-1' }, flat)).toEqual([]);
		expect(zonesOf({ target: 'lap-1' }, leveled)).toEqual(['office']);
	});

	it('of an account is that of the incident, where the incident is in OT', () => {
		const account = { action: 'disable_account', target: null, params: { account: 'x' } };
		expect(zonesOf(account, INVENTORY, { zones: ['office', 'cell-1'] })).toEqual(['cell-1']);
	});

	it('is never that of a zone of safety systems: the control room beside it answers', () => {
		expect(zonesOf({ target: 'sis-1' })).not.toContain('sis-1');
	});
});

const NO_ID = () => 'pst_x';

/** What the ledger would say after these entries. */
const asked = (entries: readonly NewEntry[]): ViewQuestion[] =>
	viewQuestions(entries.map(({ kind, at, actor, refs, data }) => ({ kind, at, by: actor.id, refs, data })));

function answered(answer: string, by: string, at: number): NewEntry {
	const data = { zone: 'cell-1', answer };
	return {
		...{ kind: 'step.view_answered', actor: { kind: 'person', id: by }, at, incident: 'inc_0000000001' },
		...{ refs: ['stp_1'], data },
	};
}

/** Looks whenever a look is due, until none is. */
function play(
	of: Partial<Step>,
	script: readonly NewEntry[] = [],
	quiet: (now: number) => readonly string[] = () => [],
	people: View['setting']['people'] = PEOPLE,
	escalation?: View['setting']['escalation'],
) {
	let steps = [step(of)];
	const base = view([LOADED], steps);
	const setting = { ...base.setting, people, ...(escalation === undefined ? {} : { escalation }) };
	const seen = (list: readonly NewEntry[]): View => ({ ...base, setting, steps, viewQuestions: asked(list) });
	const first = askViews(steps[0]!, seen([]), NO_ID, NOW);
	const entries: NewEntry[] = [...first.entries];
	const pages = [...first.changes];
	const waiting = [...script];
	let next = first.topics.find((topic) => topic.topic === 'view');
	for (let count = 0; next !== undefined; count++) {
		if (count > 500) throw new Error('it never ends');
		const now = next.after ?? NOW;
		while (waiting[0] !== undefined && waiting[0].at <= now) entries.push(...waiting.splice(0, 1));
		const what = lookAfterViews(steps[0]!, seen(entries), () => quiet(now), NO_ID, now);
		entries.push(...what.entries);
		pages.push(...what.changes);
		for (const change of what.changes)
			if (change.op === 'ensure' && change.table === 'steps') steps = [...steps, change.row as Step];
		next = what.topics.find((topic) => topic.topic === 'view');
	}
	const channels = pages.flatMap((change) =>
		change.table === 'messages' && change.op === 'ensure' ? [change.row.channel] : [],
	);
	return { entries, steps, channels, questions: asked(entries), kinds: entries.map((entry) => entry.kind) };
}

describe('the question', () => {
	it('is asked with the result, of the operators of the zone, with a deadline, once', () => {
		const what = askViews(step(), view([LOADED], [step()]), NO_ID, NOW);
		expect(what.entries).toMatchObject([
			{
				kind: 'step.view_asked',
				refs: ['stp_1'],
				data: { zone: 'cell-1', asked: ['olga'], until: NOW + VIEW_ANSWER_MS },
			},
		]);
		expect(what.changes).toMatchObject([{ table: 'messages', row: { channel: 'U4' } }]);
		expect(what.topics.map((topic) => topic.topic)).toEqual(expect.arrayContaining(['card_asked', 'post', 'view']));
		const again = view([LOADED], [step()], { viewQuestions: asked(what.entries) });
		expect(askViews(step(), again, NO_ID, NOW).entries).toEqual([]);
	});

	it('is asked too where the call may have been made, and not where it was not', () => {
		const states = ['done', 'in_doubt', 'failed'] as const;
		expect(states.map((state) => askViews(step({ state }), view([LOADED], []), NO_ID, NOW).entries.length)).toEqual([
			1, 1, 0,
		]);
	});

	it('cannot be left out by a playbook: nothing that a playbook writes into a step changes it', () => {
		fc.assert(
			fc.property(
				fc.record({
					title: fc.string(),
					key: fc.string(),
					checklist: fc.array(fc.string()),
					instructions: fc.option(fc.string()),
					after: fc.array(fc.string()),
				}),
				fc.dictionary(fc.constantFrom('zone', 'site', 'view', 'ask', 'verify', 'level', 'note'), fc.string()),
				(of, params) => {
					const row = step({ ...of, params });
					expect(askViews(row, view([LOADED], [row]), NO_ID, NOW).entries).toMatchObject([
						{ data: { zone: 'cell-1' } },
					]);
				},
			),
		);
	});

	it('that nobody answers goes to the engineers, then to the site’s own list, then to who leads, and says where it ended', () => {
		const lead = { id: 'lea', name: 'lea', slack: 'U9', email: null, roles: [{ role: 'incident_lead' as const }] };
		const run = play({}, [], undefined, [...PEOPLE, lead], () => [['ian'], ['nobody']]);
		expect(run.questions[0]).toMatchObject({ answer: null, round: 5, asked: [], until: null });
		expect(run.entries.map((entry) => entry.data['asked'])).toEqual([['olga'], ['otto', 'sven'], ['ian'], ['lea'], []]);
		expect(run.entries.map((entry) => entry.at - NOW)).toEqual([0, 5, 10, 15, 20].map((minutes) => minutes * MINUTE));
		expect(run.channels).toEqual(['U4', 'U3', 'U5', 'U2', 'U9']);
	});

	it('is asked of those of the zone alone, and of those who are there', () => {
		const at = (id: string, zones: string[], away = 0) => ({
			...{ id, name: id, slack: id, email: null, roles: [{ role: 'ot_operator' as const, zones }] },
			away_until: away,
		});
		const people = [at('far', ['cell-9']), at('here', ['cell-1']), at('ill', ['cell-1'], NOW + 1)];
		expect(play({}, [answered('alive', 'here', NOW)], undefined, people).channels).toEqual(['here']);
		expect(play({}, [answered('alive', 'ill', NOW)], undefined, people.slice(2)).channels).toEqual(['ill']);
	});

	it('that is answered is handed on to nobody', () => {
		const { kinds } = play({}, [answered('alive', 'olga', NOW + 2 * MINUTE)]);
		expect(kinds).toEqual(['step.view_asked', 'step.view_answered']);
	});
});

describe('a view that is impaired or lost', () => {
	it.each(['impaired', 'lost'])(
		'(%s) has the step’s inverse proposed as a step that the gate judges, once',
		(answer) => {
			const { steps, kinds } = play({}, [answered(answer, 'olga', NOW + MINUTE)]);
			expect(steps.slice(1)).toMatchObject([
				{ key: 'undo:isolate', action: 'release_host', target: 'ews-1', state: 'planned', decision: null, attempts: 0 },
			]);
			expect(kinds).toEqual(['step.view_asked', 'step.view_answered', 'plan.made']);
		},
	);

	it('stays so for the proposal when somebody says later that it is alive', () => {
		const { steps } = play({}, [answered('lost', 'olga', NOW + 1), answered('alive', 'otto', NOW + 2)]);
		expect(steps).toHaveLength(2);
	});

	it('asks people where there is no inverse', () => {
		const { steps } = play({ action: 'end_session', params: { session: 'S' } }, [answered('lost', 'olga', NOW + 1)]);
		expect(steps[1]).toMatchObject({ action: 'ask_person', key: 'undo:isolate' });
	});

	it('takes no taking back back', () => {
		const { steps } = play({ key: 'undo:isolate', action: 'release_host' }, [answered('lost', 'olga', NOW + 1)]);
		expect(steps).toHaveLength(1);
	});
});

describe('what goes quiet', () => {
	it('is told once each, as a matter of time and not of cause', () => {
		const run = play({}, [answered('alive', 'olga', NOW + 1)], (now) =>
			now < NOW + 3 * MINUTE
				? []
				: now < NOW + 6 * MINUTE
					? ['hmi-1: no answer']
					: ['hmi-1: no answer', 'plc-1: timeout'],
		);
		const told = run.entries.filter((entry) => entry.kind === 'step.view_quiet');
		expect(told.map((entry) => entry.data['quiet'])).toEqual([['hmi-1: no answer'], ['plc-1: timeout']]);
		expect(told[0]?.data['note']).toContain('by time alone');
		expect(run.questions[0]?.quiet).toEqual(['hmi-1: no answer', 'plc-1: timeout']);
	});

	it('is looked for after the answer too, for a quarter of an hour, and then no more', () => {
		const late = play({}, [answered('alive', 'olga', NOW + 1)], (now) => (now >= NOW + 15 * MINUTE ? ['hmi-1'] : []));
		expect(late.questions[0]?.quiet).toEqual(['hmi-1']);
		const tooLate = play({}, [answered('alive', 'olga', NOW + 1)], (now) => (now > NOW + 15 * MINUTE ? ['hmi-1'] : []));
		expect(tooLate.questions[0]?.quiet).toEqual([]);
	});
});

it('whatever is answered when, the looking ends, runs nothing, and proposes at most one step', () => {
	const at = fc.integer({ min: 0, max: 40 }).map((minutes) => NOW + minutes * MINUTE);
	const words = fc.record({ at, answer: fc.constantFrom('alive', 'impaired', 'lost', 'nonsense') });
	fc.assert(
		fc.property(
			fc.array(words, { maxLength: 6 }),
			fc.constantFrom(...ASSETS.map((asset) => asset.id), 'unknown-1'),
			(script, target) => {
				const sorted = script.toSorted((a, b) => a.at - b.at).map((one) => answered(one.answer, 'olga', one.at));
				const { steps, kinds } = play({ target }, sorted);
				expect(steps.length).toBeLessThanOrEqual(2);
				expect(kinds.filter((kind) => kind === 'step.intent' || kind === 'step.queued')).toEqual([]);
			},
		),
		{ numRuns: 100 },
	);
});

it('an incident in no zone asks nobody for an office computer, whatever its severity', () => {
	expect(viewZonesOf(step({ target: 'lap-1' }), INVENTORY, incident({ severity: 'critical' }))).toEqual([]);
});
