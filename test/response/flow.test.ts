import { describe, expect, it } from 'vitest';
import { Playbook } from '../../src/domain/playbook.ts';
import { answerIn, answerSpecOf, answerText } from '../../src/domain/playbook-condition.ts';
import { HOUR, MINUTE } from '../../src/domain/time.ts';
import type { LoadedPlaybook } from '../../src/response/choose.ts';
import { actOut, type Script } from '../../src/response/flow/act-out.ts';
import { passOf } from '../../src/response/flow/pass.ts';
import { libraryOf } from '../../src/response/flow/program.ts';
import { planFor } from '../../src/response/plan.ts';
import type { View } from '../../src/response/view.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './support/plant.ts';

const tell = (key: string, of: object = {}) => ({ key, title: key, action: 'notify', params: { text: 'x' }, ...of });
const ask = (key: string, of: object = {}) => ({ key, title: key, action: 'ask_person', ...of });
const isolate = (key: string, of: object = {}) => ({
	key,
	title: key,
	action: 'isolate_host',
	target: 'primary',
	...of,
});

const start = (playbooks: readonly LoadedPlaybook[], of: Partial<View> = {}): View => {
	const made = view(playbooks, [], { incident: incident({ playbooks: [playbooks[0]!.playbook.id] }), ...of });
	return { ...made, setting: { ...made.setting, playbooks: libraryOf(playbooks) } };
};

const named = (actor: string) =>
	alert('alr_1', {
		entities: [
			{ type: 'host', value: 'lap-1', role: 'target' },
			{ type: 'host', value: actor, role: 'actor' },
		],
	});

type Said = {
	ends?: Record<string, string>;
	answers?: Record<string, boolean | number | string>;
	statements?: readonly unknown[];
	approvals?: 'given' | 'none';
};
const script = ({ ends = {}, answers = {}, statements = [], approvals = 'given' }: Said = {}): Script => ({
	endOf: (step) => (ends[step.key] ?? 'done') as never,
	answerTo: (name) => answers[name],
	approvalsFor: () => (approvals === 'given' ? 'given' : []),
	statementsFor: (_, now) => statements.map((one) => ({ ...(one as object), stated_at: now })),
	comes: (key) => ends[key] === 'came',
});
const play = (playbooks: LoadedPlaybook | readonly LoadedPlaybook[], said: Said = {}, of: Partial<View> = {}) => {
	const list = Array.isArray(playbooks) ? playbooks : [playbooks as LoadedPlaybook];
	const acted = actOut(start(list, of), script(said), NOW);
	expect(acted.isOver).toBe(true);
	return {
		...acted,
		states: Object.fromEntries(acted.steps.map((step) => [step.key, step.state])),
		took: Object.fromEntries(acted.ways),
	};
};

describe('a branch', () => {
	const loaded = playbook('p', [
		ask('whose', { answer: { name: 'ours', type: 'boolean' } }),
		{
			key: 'is-ours',
			after: ['whose'],
			if: { variable: { name: 'ours', is: true } },
			do: [tell('calm')],
			else: [isolate('cut')],
		},
		tell('end', { after: ['is-ours'] }),
	]);

	it.each([
		[true, 'do', ['calm']],
		[false, 'else', ['cut']],
	])('on the answer %s goes one way, and the steps of the other are not planned', (ours, way, steps) => {
		const { took, states } = play(loaded, { answers: { ours } });
		expect(took['is-ours']).toBe(way);
		expect(Object.keys(states).toSorted()).toEqual(['whose', 'is-ours', ...steps, 'end'].toSorted());
		expect(states['end']).toBe('done');
	});

	it('whose question nobody answers goes the way of what is not known', () => {
		expect(play(loaded, { ends: { whose: 'expired' } }).took['is-ours']).toBe('else');
	});

	it('is not decided before its turn, and what waits for it waits', () => {
		const pass = passOf(start([loaded]), NOW);
		expect(pass.fresh.map((step) => [step.key, step.state])).toEqual([
			['whose', 'planned'],
			['is-ours', 'planned'],
			['end', 'planned'],
		]);
		expect(pass.entries).toEqual([]);
	});

	it('is decided once: what is learned afterwards changes nothing', () => {
		const simple = playbook('p', [{ key: 'b', if: { severity_min: 'critical' }, do: [tell('a')], else: [tell('c')] }]);
		const first = passOf(start([simple]), NOW);
		expect(first.entries.map((entry) => entry.data)).toMatchObject([{ took: 'else', because: ['severity is high'] }]);
		const graver = { ...first.view, incident: incident({ playbooks: ['p'], severity: 'critical' }) };
		const second = passOf(graver, NOW + 1);
		expect(second.entries).toEqual([]);
		expect(second.fresh).toEqual([]);
		expect(second.view.steps.map((step) => step.key)).toEqual(['b', 'c']);
	});

	it('goes by what the ledger says and not by its row', () => {
		const simple = playbook('p', [{ key: 'b', if: { severity_min: 'low' }, do: [tell('a')], else: [tell('c')] }]);
		const first = passOf(start([simple]), NOW);
		const forged = first.view.steps
			.filter((step) => step.key === 'b')
			.map((step) => ({ ...step, outcome: 'no: forged' }));
		expect(passOf({ ...first.view, steps: forged }, NOW).fresh.map((step) => step.key)).toEqual(['a']);
	});

	it('over several values takes the one of the variable, else the default', () => {
		const several = playbook(
			'p',
			[{ key: 's', switch: 'kind', cases: { a: [tell('is-a')], b: [tell('is-b')] }, default: [tell('other')] }],
			{ inputs: { kind: { type: 'choice', options: ['a', 'b', 'c'] } } },
		);
		const by = (inputs: Record<string, string>) => Object.keys(play(several, {}, { inputs }).states);
		expect(by({ kind: 'b' })).toEqual(['s', 'is-b']);
		expect(by({ kind: 'c' })).toEqual(['s', 'other']);
		expect(by({})).toEqual(['s', 'other']);
		expect(by({ kind: 'no option' })).toEqual(['s', 'other']);
	});

	it.each([
		[{ severity_min: 'high' }, true],
		[{ severity_min: 'critical' }, false],
		[{ domain: ['it'] }, true],
		[{ categories: ['phishing'] }, false],
		[{ process_safety: true }, false],
		[{ confidence_min: 0.9 }, true],
		[{ target_class: ['endpoint'] }, true],
		[{ target_class: ['plc'] }, false],
		[{ evidence: { users: {} } }, true],
		[{ evidence: { users: {}, min: 2 } }, false],
		[{ evidence: { assets: { class: ['endpoint'], domain: 'it' }, max: 1 } }, true],
		[{ evidence: { indicators: { types: ['ip'] } } }, false],
		[{ alert: { severity_min: 'high', min: 1 } }, true],
		[{ alert: { tags: ['x'] } }, false],
		[{ alert: { state: 'closed' } }, false],
		[{ fact: { name: 'process_running', is: true } }, true],
		[{ fact: { name: 'process_running', known: true } }, false],
		[{ not: { severity_min: 'critical' } }, true],
		[{ any: [{ severity_min: 'critical' }, { domain: ['it'] }] }, true],
		[{ all: [{ severity_min: 'high' }, { domain: ['ot'] }] }, false],
		[{ severity_min: 'high', domain: ['ot'] }, false],
		[{ variable: { name: 'nobody', known: false } }, true],
		[{ not: { variable: { name: 'nobody', is: true } } }, true],
		[{ step: { key: 'b', ended: ['well'] } }, false],
	])('asks %j: %s', (condition, holds) => {
		const alerts = [
			alert('alr_1', {
				entities: [
					{ type: 'host', value: 'lap-1', role: 'target' },
					{ type: 'user', value: 'j.doe', role: 'actor' },
					{ type: 'user', value: 'not a word', role: 'actor' },
				],
			}),
		];
		const asked = playbook('p', [{ key: 'b', if: condition, do: [tell('yes')], else: [tell('no')] }]);
		expect(play(asked, {}, { alerts }).took['b']).toBe(holds ? 'do' : 'else');
	});

	it('takes a fact that nobody has stated for its worst, like the gate', () => {
		const asked = playbook('p', [
			{ key: 'b', if: { fact: { name: 'sole_view', is: true } }, do: [tell('worst')], else: [tell('best')] },
		]);
		expect(play(asked).took['b']).toBe('do');
		const said = (value: boolean) => [
			{ id: 'f', name: 'sole_view', subject: 'lap-1', value, source: 'person', supplied_by: 'olga', expires_at: null },
		];
		expect(play(asked, { statements: said(false) }).took['b']).toBe('else');
		expect(play(asked, { statements: said(true) }).took['b']).toBe('do');
	});
});

describe('a hostile alert or author', () => {
	it('gets the same decision on a step whichever way leads to it', () => {
		const bare = play(playbook('p', [isolate('cut', { target: 'actor' })]), {}, { alerts: [named('plc-1')] });
		const decided = bare.decisions.get(bare.steps[0]!.id)!;
		for (const severity_min of ['low', 'critical']) {
			const way = [isolate('cut', { target: 'actor' })];
			const loaded = playbook('p', [
				{ key: 'b', if: { severity_min }, do: way, else: way.map((one) => ({ ...one, key: 'also' })) },
			]);
			const { steps, decisions } = play(loaded, {}, { alerts: [named('plc-1')] });
			const found = decisions.get(steps.find((step) => step.key !== 'b')!.id)!;
			expect([found.class, found.rows]).toEqual([decided.class, decided.rows]);
			expect(found.class).toBe('HANDS');
		}
	});

	it.each(['true', 'yes', '{sure}', 'sure: yes'])('cannot answer for people by being called %j', (word) => {
		const loaded = playbook('p', [
			ask('is-it', { title: 'Is it {user}?', answer: { name: 'sure', type: 'boolean' } }),
			{
				key: 'b',
				after: ['is-it'],
				if: { variable: { name: 'sure', is: true } },
				do: [tell('yes')],
				else: [tell('no')],
			},
		]);
		const alerts = [alert('alr_1', { entities: [{ type: 'user', value: word, role: 'actor' }] })];
		expect(play(loaded, {}, { alerts }).took['b']).toBe('else');
	});

	it('takes no way at all where a rule of the site forbids to write decisions', () => {
		const loaded = playbook('p', [{ key: 'b', if: { severity_min: 'low' }, do: [tell('a')], else: [tell('c')] }]);
		const made = start([loaded]);
		const siteRules = [{ id: 'S1', match: { actions: ['write_record'] }, class: 'NEVER', reason: 'x' }];
		const acted = actOut({ ...made, setting: { ...made.setting, siteRules } }, script(), NOW);
		expect(acted.steps.map((step) => [step.key, step.state])).toEqual([['b', 'forbidden']]);
	});
});

describe('order', () => {
	it('with `join: any` begins as soon as one has ended well, and not at all where none has and they stop', () => {
		const loaded = playbook('p', [
			isolate('a', { on_failure: 'stop' }),
			isolate('b', { target: 'actor', on_failure: 'stop' }),
			tell('next', { after: ['a', 'b'], join: 'any' }),
		]);
		const alerts = [
			alert('alr_1', {
				entities: [
					{ type: 'host', value: 'lap-1', role: 'target' },
					{ type: 'host', value: 'lap-2', role: 'actor' },
				],
			}),
		];
		expect(play(loaded, { ends: { a: 'failed' } }, { alerts }).states).toEqual({
			a: 'failed',
			b: 'done',
			next: 'done',
		});
		expect(play(loaded, { ends: { a: 'failed', b: 'failed' } }, { alerts }).states['next']).toBe('cancelled');
		const early = play(loaded, { ends: { b: 'in_doubt' } }, { alerts });
		expect(early.states).toEqual({ a: 'done', b: 'in_doubt', next: 'done' });
	});

	it('of a block holds what is after it until everything in it has ended', () => {
		const loaded = playbook('p', [
			{ key: 'group', do: [ask('a'), ask('b', { after: ['a'] })] },
			tell('end', { after: ['group'] }),
		]);
		const { begun, ended, steps } = play(loaded);
		const id = (key: string) => steps.find((step) => step.key === key)!.id;
		expect(begun.get(id('b'))).toBeGreaterThan(ended.get(id('a'))!);
		expect(begun.get(id('end'))).toBeGreaterThan(ended.get(id('b'))!);
	});
});

describe('a loop', () => {
	const loop = playbook('p', [
		{
			key: 'each',
			for_each: { assets: { class: ['endpoint'] } },
			max: 2,
			do: [tell('say', { params: { text: 'about {item}' } }), isolate('cut', { target: 'item', after: ['say'] })],
		},
		tell('end', { after: ['cut'] }),
	]);
	const with_ = (assets: string[]) => ({ incident: incident({ playbooks: ['p'], assets }) });

	it('does the same for each, and what joins the incident later gets it once', () => {
		const first = passOf(start([loop], with_(['lap-1'])), NOW);
		expect(first.fresh.map((step) => [step.key, step.target, step.params['text'] ?? null])).toEqual([
			['say@lap-1', null, 'about lap-1'],
			['cut@lap-1', 'lap-1', null],
			['end', null, 'x'],
		]);
		expect(first.fresh.find((step) => step.key === 'cut@lap-1')?.after).toEqual(['say@lap-1']);
		const grown = passOf({ ...first.view, ...with_(['lap-1', 'lap-2', 'lap-x']) }, NOW);
		expect(grown.fresh.map((step) => step.key)).toEqual(['say@lap-2', 'cut@lap-2']);
		expect(grown.leftOut.map((left) => left.why)).toEqual(['3 fit, the first 2 are planned']);
		expect(passOf(grown.view, NOW).fresh).toEqual([]);
	});

	it('keeps those that it began with when graver ones come', () => {
		const first = passOf(start([loop], with_(['lap-1', 'lap-x'])), NOW);
		expect(passOf({ ...first.view, ...with_(['lap-1', 'lap-2', 'lap-x']) }, NOW).fresh).toEqual([]);
	});

	it('over accounts takes plain words only, and makes keys that can be taken apart again', () => {
		const users = playbook('p', [
			{ key: 'each', for_each: { users: {} }, do: [ask('who', { title: 'Ask about {item}' })] },
		]);
		const entities = ['a@b.example', 'two words', '<!here>', 'plain'].map((value) => ({
			...{ type: 'user' as const, value, role: 'actor' as const },
		}));
		const { fresh } = passOf(start([users], { alerts: [alert('alr_1', { entities })] }), NOW);
		expect(fresh.map((step) => step.title)).toEqual(['Ask about a@b.example', 'Ask about plain']);
		expect(fresh[0]?.key).toMatch(/^who@[0-9a-f]{12}$/);
		expect(fresh[1]?.key).toBe('who@plain');
	});

	it('with a condition goes round as long as it holds, and no more often than it says', () => {
		const rounds = playbook('p', [
			{
				key: 'again',
				while: { not: { variable: { name: 'clean', is: true } } },
				max: 3,
				do: [ask('look', { answer: { name: 'clean', type: 'boolean' } })],
			},
			tell('end', { after: ['again'] }),
		]);
		const never = play(rounds, { answers: { clean: false } });
		expect(Object.keys(never.states)).toEqual(['again#1', 'end', 'look#1', 'again#2', 'look#2', 'again#3', 'look#3']);
		expect(never.states['end']).toBe('done');
		const once = play(rounds, { answers: { clean: true } });
		expect(once.took).toEqual({ 'again#1': 'do', 'again#2': 'enough' });
	});
});

describe('a wait', () => {
	const loaded = playbook('p', [
		{
			key: 'vendor',
			wait: { for: '2h', until: { alert: { state: 'closed', new: true } } },
			do: [tell('good')],
			on_deadline: [tell('late')],
		},
		tell('end', { after: ['vendor'] }),
	]);

	it('takes the way of the deadline where nothing came', () => {
		const { took, states, begun, steps } = play(loaded);
		expect(took['vendor']).toBe('deadline');
		expect(states).toMatchObject({ vendor: 'expired', late: 'done', end: 'done' });
		expect(begun.get(steps.find((step) => step.key === 'end')!.id)).toBeGreaterThan(1);
	});

	it('says in the ledger when it began, and asks to be looked at again and at the deadline', () => {
		const pass = passOf(start([loaded]), NOW);
		expect(pass.entries.map((entry) => entry.data)).toMatchObject([
			{ state: 'planned', began_at: NOW, until: NOW + 2 * HOUR },
		]);
		expect(pass.topics.map((next) => [next.topic, next.after])).toEqual([
			['expire', NOW + 2 * HOUR],
			['plan', NOW + 30_000],
		]);
		const closed = { ...pass.view, alerts: [alert('alr_1', { closedAt: NOW + MINUTE })] };
		const met = passOf(closed, NOW + 2 * MINUTE);
		expect(met.changed.map(({ after }) => [after.key, after.state])).toEqual([['vendor', 'done']]);
		expect(met.fresh.map((step) => step.key)).toEqual(['good']);
		const old = { ...pass.view, alerts: [alert('alr_1', { closedAt: NOW - MINUTE })] };
		expect(passOf(old, NOW + 2 * MINUTE).changed).toEqual([]);
	});

	it('without an `until` is a pause', () => {
		const pause = playbook('p', [{ key: 'rest', wait: { for: '10m' }, do: [tell('next')] }]);
		expect(play(pause).states).toEqual({ rest: 'done', next: 'done' });
	});
});

describe('failure', () => {
	it.each(['failed', 'refused', 'expired'])(
		'of a step that %s has its steps done, and of one that went well not',
		(end) => {
			const loaded = playbook('p', [isolate('cut', { if_failed: [ask('by-hand')] }), tell('end', { after: ['cut'] })]);
			expect(play(loaded, { ends: { cut: end } }).states).toEqual({ cut: end, 'by-hand': 'attested', end: 'done' });
			expect(Object.keys(play(loaded).states)).toEqual(['cut', 'end']);
		},
	);

	it('of a step that is asked again and goes well needs its steps no more', () => {
		const loaded = playbook('p', [isolate('cut', { if_failed: [ask('first'), ask('by-hand', { after: ['first'] })] })]);
		const failed = play(loaded, { ends: { cut: 'failed', first: 'hands' } });
		const well = failed.steps.map((step) => (step.key === 'cut' ? { ...step, state: 'done' as const } : step));
		const acted = actOut({ ...start([loaded]), steps: well }, script({ ends: { first: 'hands' } }), NOW);
		expect(acted.steps.find((step) => step.key === 'by-hand')?.state).toBe('cancelled');
	});

	it('of a step that the gate refused can be mended by facts until something was begun instead', () => {
		const loaded = playbook('p', [
			ask('first'),
			{ ...isolate('cut', { after: ['first'], if_failed: [ask('by-hand')] }), target: 'assets.class:sis' },
		]);
		const of = { incident: incident({ playbooks: ['p'], assets: ['sis-1'] }) };
		const early = play(loaded, { ends: { first: 'in_doubt' } }, of);
		expect(early.states).toMatchObject({ cut: 'forbidden', 'by-hand': 'planned' });
		expect(play(loaded, {}, of).states).toMatchObject({ cut: 'forbidden', 'by-hand': 'attested' });
		const group = playbook('p', [
			{
				key: 'g',
				if_given_up: 'undo',
				do: [ask('first'), isolate('cut', { target: 'assets.class:sis', after: ['first'], on_failure: 'stop' })],
			},
		]);
		expect(play(group, {}, of).states).toEqual({ first: 'attested', cut: 'forbidden' });
	});

	it('in a group that is given up takes back what was done in it, last first, and cancels the rest', () => {
		const loaded = playbook('p', [
			{
				key: 'contain',
				if_given_up: 'undo',
				do: [
					isolate('one'),
					isolate('two', { target: 'actor', after: ['one'] }),
					ask('check', { after: ['two'], on_failure: 'stop' }),
					tell('never', { after: ['check'] }),
				],
			},
		]);
		const alerts = [
			alert('alr_1', {
				entities: [
					{ type: 'host', value: 'lap-1', role: 'target' },
					{ type: 'host', value: 'lap-2', role: 'actor' },
				],
			}),
		];
		const statements = ['lap-1', 'lap-2'].map((subject) => ({
			...{ id: subject, name: 'eradication_confirmed', subject, value: true },
			...{ source: 'person', supplied_by: 'ida', expires_at: null },
		}));
		const acted = play(loaded, { ends: { check: 'failed' }, statements }, { alerts });
		expect(acted.states).toMatchObject({
			one: 'undone',
			two: 'undone',
			never: 'cancelled',
			'undo:one': 'done',
			'undo:two': 'done',
		});
		const of = (key: string) => acted.steps.find((step) => step.key === key)!;
		expect(of('undo:one').after).toEqual(['undo:two']);
		expect(acted.decisions.get(of('undo:one').id)?.class).toBe('ONE');
		expect(acted.begun.get(of('undo:one').id)).toBeGreaterThan(acted.ended.get(of('undo:two').id)!);
		expect(acted.steps.filter((step) => step.key.startsWith('undo:'))).toHaveLength(2);
	});
});

describe('another playbook', () => {
	const child = playbook('child', [ask('say', { title: 'About {who}', answer: { name: 'seen', type: 'boolean' } })], {
		inputs: { who: { type: 'text', default: 'nobody' } },
	});
	const parent = (with_: object) =>
		playbook('parent', [
			{ key: 'call', playbook: 'child', with: with_ },
			{ key: 'b', after: ['call'], if: { variable: { name: 'seen', is: true } }, do: [tell('yes')] },
		]);

	it('is a part of this one, with its inputs, and its answers are known here', () => {
		const { states, steps } = play([parent({ who: 'lap-1' }), child], { answers: { seen: true } });
		expect(states).toEqual({ 'call/say': 'attested', b: 'done', yes: 'done' });
		expect(steps[0]).toMatchObject({ title: 'About lap-1', playbook: 'parent' });
		expect(play([parent({}), child]).steps[0]?.title).toBe('About nobody');
	});

	it('is part of the version that approvals bind to', () => {
		const changed = { playbook: { ...child.playbook, version: '1.0.1' }, version: 'other' };
		const version = (of: LoadedPlaybook) => libraryOf([parent({}), of]).get('parent')?.version;
		expect(version(child)).not.toBe(version(changed));
		expect(libraryOf([child]).get('child')?.version).toBe(child.version);
	});

	it('that calls itself, is too deep or is not there leads nowhere and is said', () => {
		const circle = playbook('p', [{ key: 'again', playbook: 'p' }, tell('t')]);
		const plan = planFor(
			{
				incident: incident(),
				alerts: [],
				inventory: INVENTORY,
				held: [],
				canRun: () => true,
				library: libraryOf([circle]),
			},
			circle,
			NOW,
		);
		expect(plan.steps.map((step) => step.key)).toEqual(['t']);
		expect(plan.leftOut[0]?.why).toContain('would call itself');
	});
});

describe('a variable', () => {
	it('that nobody has given yet keeps its step out of the plan, and what is after it waits', () => {
		const loaded = playbook('p', [
			ask('which', { answer: { name: 'host', type: 'asset' } }),
			isolate('cut', { target: 'variable:host' }),
			tell('end', { after: ['cut'] }),
		]);
		const first = passOf(start([loaded]), NOW);
		expect(first.fresh.map((step) => step.key)).toEqual(['which', 'end']);
		const { states, steps, begun, ended } = play(loaded, { answers: { host: 'lap-2' } });
		expect(states).toEqual({ which: 'attested', cut: 'done', end: 'done' });
		const of = (key: string) => steps.find((step) => step.key === key)!;
		expect(of('cut').target).toBe('lap-2');
		expect(begun.get(of('end').id)).toBeGreaterThan(ended.get(of('cut').id)!);
		expect(play(loaded, { ends: { which: 'refused' } }).states).toEqual({ which: 'refused', end: 'done' });
	});

	it('chooses a target and not a class: what people name is judged as what it is', () => {
		const loaded = playbook('p', [
			ask('which', { answer: { name: 'host', type: 'asset' } }),
			isolate('cut', { target: 'variable:host' }),
		]);
		const decided = (host: string) => {
			const { steps, decisions } = play(loaded, { answers: { host } });
			return decisions.get(steps.find((step) => step.key === 'cut')!.id)?.class;
		};
		expect(decided('plc-1')).toBe('HANDS');
		expect(decided('sis-1')).toBe('NEVER');
		expect(decided('nobody-knows-it')).toBe('HANDS');
	});

	it.each([
		[{ name: 'v', type: 'boolean' }, 'yes, seen at 03:10', true],
		[{ name: 'v', type: 'boolean' }, 'No.', false],
		[{ name: 'v', type: 'boolean' }, 'perhaps', null],
		[{ name: 'v', type: 'choice', options: ['ours', 'theirs'] }, 'Theirs; called them', 'theirs'],
		[{ name: 'v', type: 'choice', options: ['yes', 'no'] }, 'yes', 'yes'],
		[{ name: 'v', type: 'number' }, '12 valves', 12],
		[{ name: 'v', type: 'number' }, 'twelve', null],
		[{ name: 'v', type: 'asset' }, 'plc-7 it was', 'plc-7'],
		[{ name: 'v', type: 'text' }, '<!channel>', null],
	] as const)('%j takes %j for %j', (spec, note, value) => {
		const read = answerSpecOf({ answer: answerText(spec as never) });
		expect(read).toEqual(spec);
		expect(answerIn(read!, note)).toBe(value);
	});
});

describe('the schema', () => {
	const parse = (steps: unknown) => Playbook.safeParse({ ...playbook('p', [tell('t')]).playbook, steps });

	it('keeps the hash of a playbook that has none of this', () => {
		const plain = Playbook.parse({ ...playbook('p', [tell('t')]).playbook });
		expect(Object.keys(plain.steps[0]!)).toEqual([
			'key',
			'title',
			'action',
			'target',
			'params',
			'after',
			'checklist',
			'on_failure',
		]);
	});

	it.each([
		[[{ key: 'b', if: {}, do: [tell('t')] }], 'an empty condition'],
		[[{ key: 'b', if: { severity_min: 'high' }, do: [] }], 'Too small'],
		[[{ key: 'b', if: { severity_max: 'high' }, do: [tell('t')] }], 'Unrecognized key'],
		[[{ key: 'b', while: { severity_min: 'high' }, do: [tell('t')] }], 'expected number'],
		[[tell('a'), { key: 'g', do: [tell('a')] }], 'used twice'],
		[[{ key: 'w', wait: { for: 'ages' } }], 'no duration'],
		[[{ key: 'e', for_each: { assets: {}, users: {} }, do: [tell('t')] }], 'exactly one of'],
		[
			[{ key: 'b', if: { not: { not: { not: { not: { severity_min: 'low' } } } } }, do: [tell('t')] }],
			'at most 4 levels',
		],
	])('refuses %j', (steps, message) => {
		const read = parse(steps);
		expect(read.error?.issues.map((issue) => issue.message).join('; ')).toContain(message);
	});

	it('is not deeper than people can follow', () => {
		const nest = (depth: number): object => (depth === 0 ? tell('t') : { key: `g${depth}`, do: [nest(depth - 1)] });
		expect(parse([nest(6)]).success).toBe(true);
		expect(parse([nest(7)]).success).toBe(false);
	});
});
