// A step on a jump host that two people decide, with the real chat behind the real receiver, the real gate and a real target: for whoever attacks
// by what Slack carries. Everything is signed with the secret, as Slack itself or a thief would.
import { type Chat, createChat } from '../../src/chat/chat.ts';
import { createDirectory } from '../../src/chat/directory.ts';
import { performCommand } from '../../src/chat/perform.ts';
import { createSlack, type SlackRefusal } from '../../src/chat/slack.ts';
import { splitIncident } from '../../src/correlation/people.ts';
import { startLocalSlack } from '../../src/demo/slack/local-slack.ts';
import { signatureHeaders } from '../../src/demo/slack/sign.ts';
import type { Due, Handlers, Topic } from '../../src/domain/topic.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { createLearning } from '../../src/triage/learn/learning.ts';
import { INVENTORY, PEOPLE, playbook } from '../response/support/plant.ts';
import { startTarget } from '../response/support/target.ts';
import { freshDatabase } from './harness.ts';

const SECRET = 'the-stolen-signing-secret';
const TOPICS: readonly Topic[] = ['plan', 'run', 'expire', 'card_asked', 'card', 'post'];
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const learning = createLearning(INVENTORY, () => ({
	...{ inventory: INVENTORY, rules: [], classifier: null, attack: attackTable },
}));
const directory = createDirectory({
	...{ people: PEOPLE, groups: [], inventory: INVENTORY, sites: [], technique: () => null },
});
const TEAM = { id: 'T0000001', domain: 'plant' };

type Ground = { readonly instructions?: string; readonly inventory?: typeof INVENTORY };

export type SlackWorld = Awaited<ReturnType<typeof openSlackWorld>>;

export async function openSlackWorld() {
	const fresh = await freshDatabase();
	const target = await startTarget();
	const slack = await startLocalSlack({
		...{ port: 0, botToken: 'xoxb-test', appToken: 'xapp-test', signingSecret: SECRET },
		team: { ...TEAM, name: 'Plant' },
		people: PEOPLE.flatMap((one) => (one.slack === null ? [] : [{ id: one.slack, name: one.id, realName: one.name }])),
		...{ channels: [{ name: 'incidents' }], groups: [], eventsUrl: null, rateLimits: null, commands: ['/interlock'] },
	});
	let built: Chat | null = null;
	const ready = (): Chat => {
		if (built === null) throw new Error('not built');
		return built;
	};
	const refused: { readonly address: string; readonly why: SlackRefusal }[] = [];
	let skewMs = 0;
	const edge = await createSlack({
		...{
			token: 'xoxb-test',
			appToken: 'xapp-test',
			signingSecret: SECRET,
			apiUrl: slack.apiUrl,
			mode: 'http',
			port: 0,
		},
		...{ now: () => Date.now() + skewMs, sleep: async () => undefined, log: silent },
		onRefused: (address, why) => void refused.push({ address, why }),
		handlers: {
			click: async (click) => await ready().slack.click(click),
			check: (submission) => ready().slack.check(submission),
			submit: async (submission) => await ready().slack.submit(submission),
			command: async (typed) => await ready().slack.command(typed),
			home: async (user) => await ready().slack.home(user),
		},
	});
	built = createChat({
		...{ database: fresh.database, calls: edge.calls, directory, learning, now: Date.now, log: silent },
		...{ channelOf: () => 'incidents', defaultChannel: 'incidents' },
		split: (ask, at) => splitIncident(ask, INVENTORY, at),
	});
	await edge.start();
	const call = (path: string) => ({ method: 'POST' as const, path, idempotent: false });
	const calls = { isolate_host: call('/hosts/{target}/isolate'), release_host: call('/hosts/{target}/release') };
	const connector = createGenericHttp(
		{ name: 'edr', kind: 'generic-http', base_url: target.url, allow_private: true, timeout_ms: 300, calls },
		null,
		{ now: Date.now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
	const isolate = { key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary', params: {} };
	/** The stages; another inventory or text of the playbook is what somebody changed meanwhile. */
	const stages = ({ instructions = 'by hand', inventory = INVENTORY }: Ground = {}): Handlers => ({
		...ready().handlers,
		...createResponse({
			database: fresh.database,
			inventory: { ...inventory, data: { ...inventory.data, confirmedAt: Date.now() - 3_600_000 } },
			playbooks: [playbook('p', [{ ...isolate, instructions }])],
			...{ people: ready().people, windows: [], siteRules: [], connectors: [connector] },
			...{ clock: Date.now, random: cryptoRandom, log: silent },
		}),
	});
	let handlers = stages();

	const drain = async (): Promise<void> => {
		for (let round = 0; round < 60; round++) {
			let due: Due[] = [];
			for (const topic of TOPICS) {
				due = await claimDue(fresh.database, topic, 20, Date.now());
				if (due.length > 0) await handlers[topic]?.(due);
				if (due.length > 0) break;
			}
			if (due.length === 0) return;
		}
	};
	const channel = (): string => slack.state.channel('incidents')?.id ?? '';
	/** One request, signed; `at` is what it says of its time. */
	const post = async (raw: string, at = Date.now(), secret = SECRET): Promise<number> => {
		const response = await fetch(`http://127.0.0.1:${edge.port()}/slack/events`, {
			method: 'POST',
			body: raw,
			headers: {
				...signatureHeaders(raw, secret, Math.floor(at / 1_000)),
				'content-type': 'application/x-www-form-urlencoded',
			},
		});
		return response.status;
	};
	const payload = (of: object): string =>
		`payload=${encodeURIComponent(JSON.stringify({ team: TEAM, trigger_id: '1.2.3', ...of }))}`;
	/** The body of a click on Approve. */
	const clickOf = (user: string, value: string): string =>
		payload({
			type: 'block_actions',
			user: { id: user, team_id: TEAM.id },
			channel: { id: channel(), name: 'incidents' },
			message: { ts: '1.1', type: 'message' },
			actions: [
				{
					...{ type: 'button', action_id: 'approve', block_id: 'b', value, action_ts: '1.1' },
					text: { type: 'plain_text', text: 'x' },
				},
			],
		});
	/** The body of the window that asks for the name, as if it had been open. */
	const wordsOf = (user: string, value: string, words: string, callback = 'approve', field = 'confirmation'): string =>
		payload({
			type: 'view_submission',
			user: { id: user, team_id: TEAM.id },
			view: {
				...{ id: 'V1', type: 'modal', callback_id: callback, private_metadata: value, blocks: [] },
				state: { values: { [field]: { text: { type: 'plain_text_input', value: words } } } },
			},
		});
	const command = async (user: string, text: string): Promise<number> =>
		await post(
			new URLSearchParams({
				...{ command: '/interlock', text, user_id: user, channel_id: channel(), team_id: TEAM.id, trigger_id: '1' },
				response_url: `${slack.apiUrl}/nowhere`,
			}).toString(),
		);

	const stepOf = async (incident: string) => {
		const [row] = await fresh.database.raw`
			SELECT id, state, decision->>'class' AS class, decision->'holds' AS holds, decision->>'binding' AS binding
			FROM steps WHERE incident = ${incident}`;
		return {
			...{ id: String(row?.['id']), state: String(row?.['state']), class: row?.['class'] },
			...{ holds: JSON.stringify(row?.['holds']), binding: String(row?.['binding']) },
		};
	};
	const open = async (incident: string): Promise<string> => {
		const at = Date.now();
		const row = {
			...{ id: incident, title: 'Odd session', state: 'open' as const, severity: 'high', domain: 'it' },
			...{ category: 'malware', process_safety: false, sites: ['north'], zones: [], assets: ['jump-1'] },
			...{ techniques: [], tactics: [], playbooks: ['p'], confidence_firm: 0.95, alert_count: 0 },
			...{ first_at: at, last_at: at, opened_at: at, created_at: at, updated_at: at },
		};
		const topics = [
			{ topic: 'plan' as const, key: incident },
			{ topic: 'card' as const, key: incident },
		];
		await record(fresh.database, { entries: [], changes: [{ op: 'insert', table: 'incidents', row }], topics }, at);
		await drain();
		return (await stepOf(incident)).id;
	};
	/** What two people must have said before they are asked: who may say it, and the words. */
	const toSay = (step: string): readonly (readonly [user: string, words: string])[] => [
		['U4', 'zone_state dmz normal'],
		['U4', 'zone_safety_alarm_active dmz no'],
		...['dependency_checked', 'process_effect_written', 'view_remains_stated', 'rollback_tested'].map(
			(name) => ['U3', `${name} ${step} yes`] as const,
		),
		['U4', `operator_informed ${step} yes`],
		['U3', `alternative_access_stated ${step} yes`],
		['U3', 'action_cuts_own_path jump-1 no'],
	];
	const kinds = async (): Promise<string[]> =>
		(await fresh.database.raw<{ kind: string }[]>`SELECT kind FROM ledger_entries ORDER BY seq`).map((row) => row.kind);
	return {
		...{ fresh, target, slack, edge, refused, drain, post, clickOf, wordsOf, command, open, toSay, stepOf, kinds },
		count: async (kind: string): Promise<number> => (await kinds()).filter((one) => one === kind).length,
		/** The id of the newest request for the step, as somebody in the channel could read it. */
		requestOf: async (step: string): Promise<string> => {
			const [ask] = await fresh.database
				.raw`SELECT id FROM messages WHERE key LIKE ${`ask:${step}:%`} ORDER BY created_at DESC, id DESC LIMIT 1`;
			return String(ask?.['id']);
		},
		/** Said on the command line, by a person with a token. */
		say: async (person: string, words: readonly string[]): Promise<string> => {
			const desk = {
				...{ database: fresh.database, directory, learning, now: Date.now },
				split: () => ({ ok: false, error: '' }) as never,
			};
			const found = PEOPLE.find((one) => one.id === person) ?? null;
			const acting = { person: found, id: person, groups: [], via: 'cli' as const };
			return (await performCommand(desk, acting, 'fact', words)).outcome;
		},
		/** Looks at the plan again. */
		wake: async (incident: string): Promise<void> => {
			const topics = [
				{ topic: 'plan' as const, key: incident },
				{ topic: 'card' as const, key: incident },
			];
			await record(fresh.database, { entries: [], topics }, Date.now());
			await drain();
		},
		/** Somebody changes the playbook's file (other words, another version) or the inventory; nothing named is as it was. */
		change: (ground: Ground): void => {
			handlers = stages(ground);
		},
		/** The clock of this machine goes wrong. */
		skew: (ms: number): void => {
			skewMs = ms;
		},
		/** What only this person sees. */
		whispered: (user: string): string =>
			slack.state
				.messages('incidents', user)
				.flatMap((one) => [one, ...slack.state.thread('incidents', one.ts, user)])
				.filter((message) => message.ephemeralTo === user)
				.map((message) => message.text)
				.join('\n'),
		/** What everybody in the channel and its threads sees, blocks included. */
		shown: (): string =>
			JSON.stringify(
				slack.state
					.messages('incidents')
					.flatMap((one) => [one, ...slack.state.thread('incidents', one.ts)])
					.map(({ text, blocks }) => [text, blocks]),
			),
		close: async (): Promise<void> => {
			await edge.stop();
			await slack.close();
			await target.close();
			await fresh.close();
		},
	};
}
