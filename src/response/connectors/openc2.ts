// Packet filters that are commanded by OpenC2 over HTTPS: a rule that denies an address, and the deletion of that rule by its number. An
// `allow` is never sent: it would let in what nobody asked for. NOT here: messages and answers (openc2-message.ts), which rules are this
// connector's (openc2-rules.ts).
import { randomUUID } from 'node:crypto';
import type { OpenC2Config } from '../../domain/connector-kinds/openc2.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import type { ListGround } from './block-list.ts';
import { holdersOf } from './block-list-state.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe } from './connector.ts';
import { exchange } from './exchange.ts';
import type { HttpEdge } from './generic-http.ts';
import { readIndicator, whyNever } from './indicator.ts';
import {
	type Command,
	featuresOf,
	idFor,
	messageOf,
	OPENC2_PATH,
	OPENC2_TYPE,
	type Response,
	type RuleTarget,
	responseOf,
	ruleNumberOf,
	ruleTargetOf,
	speaksSlpf,
} from './openc2-message.ts';
import { rulesOf } from './openc2-rules.ts';
import { CALL_BUDGET_MS, pauseBefore } from './retry.ts';
import { authHeaders, masked } from './secret.ts';

const ACTIONS = ['block_indicator', 'unblock_indicator'];
/** Rules of one indicator; more is for a person. */
const RULES_MAX = 8;

type Said = CallResult & { readonly isTrouble: boolean };
type Address = { readonly value: string; readonly target: 'ipv4_net' | 'ipv6_net' };
type Send = (command: Omit<Command, 'command_id' | 'actuator'>, id: string) => Promise<Response>;

/** @param secret the token or the password; it appears in no result and no error */
export function createOpenC2(
	config: OpenC2Config,
	secret: string | null,
	ground: ListGround,
	edge: HttpEdge,
): Connector {
	const { name } = config;
	const breaker = createBreaker();
	const credential = config.auth.type === 'basic' && secret !== null ? `${config.auth.user}:${secret}` : secret;
	const clean = (text: string): string => masked(masked(text, secret, 600), credential, 600);
	const open = (): Send => openTalk(config, credential, edge);
	return {
		name,
		actions: ACTIONS,
		// The profile does not say that a command with a known id is left out, so nothing is sent again by itself.
		isIdempotent: () => false,
		// It has no command that shows rules.
		hasReadBack: () => false,
		async call(grant, request) {
			const address = prepare(config, ground, grant, request, secret, edge.now());
			if (!address.ok) return said('not_done', clean(address.error), 0);
			if (breaker.blockedUntil(edge.now()) !== null)
				return said('not_done', `not sent: \`${name}\` failed several times in a row and is left alone for a while`, 0);
			const isBlock = request.action === 'block_indicator';
			const result = isBlock
				? await block(config, open(), address.value, request, edge.now())
				: await unblock(config, open(), address.value, request, ground, edge.now());
			if (result.isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			const { isTrouble: _, ...told } = result;
			return { ...told, detail: clean(told.detail) };
		},
		readBack: async () => ({
			state: 'unknown',
			detail: 'OpenC2 has no command that shows the rules of a packet filter',
		}),
		async probe({ indicator }) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			const found = await tryOut(config, open(), ground, indicator ?? null);
			return found.map((probe) => ({ ...probe, detail: clean(probe.detail) }));
		},
	};
}

/** One call's conversation: all its messages share one time budget. A change is sent again only where it surely was not taken. */
function openTalk(config: OpenC2Config, credential: string | null, edge: HttpEdge): Send {
	const deadline = edge.now() + CALL_BUDGET_MS;
	return async (of, id) => {
		// The profile is always named: of several filters of other kinds behind one consumer none is meant.
		const command: Command = { ...of, actuator: { slpf: config.actuator ?? {} }, command_id: id };
		for (let tries = 1; ; tries++) {
			const leftMs = deadline - edge.now();
			if (leftMs <= 0) return { kind: 'refused', reason: 'not sent: the time for this call is over', isTrouble: true };
			const answer = await exchange({
				url: new URL(OPENC2_PATH, config.base_url),
				method: 'POST',
				headers: {
					accept: OPENC2_TYPE,
					'content-type': OPENC2_TYPE,
					'cache-control': 'no-cache',
					'user-agent': 'interlock',
					date: new Date(edge.now()).toUTCString(),
					'x-request-id': id,
					...authHeaders({ type: config.auth.type }, credential),
				},
				body: messageOf(command, edge.now()),
				timeoutMs: Math.min(config.timeout_ms, leftMs),
				allowPrivate: config.allow_private,
				resolve: edge.resolve,
			});
			// A whole refusal of OpenC2 is an answer, whatever its code means elsewhere.
			const response = responseOf(answer, id);
			const isAnswered = answer.kind === 'answered' && response.kind === 'refused' && !response.isTrouble;
			const pause = isAnswered
				? null
				: pauseBefore(answer, of.action === 'query', tries, deadline - edge.now(), edge.now());
			if (pause === null) return response;
			await edge.sleep(pause);
		}
	};
}

type Seen = { readonly words: string; readonly ruleTarget: RuleTarget };

/** What the filter can do; the error says why it is not one that may be commanded here. */
async function look(send: Send, target: Address['target'] | null): Promise<Result<Seen, Said>> {
	const asked = await send(
		{
			action: 'query',
			target: { features: ['versions', 'profiles', 'pairs'] },
			args: { response_requested: 'complete' },
		},
		randomUUID(),
	);
	const not = (reason: string, isTrouble: boolean): Result<Seen, Said> =>
		err({ ...said('not_done', `not sent: ${reason}`), isTrouble });
	if (asked.kind !== 'done')
		return not(`what the filter can do cannot be read: ${asked.reason}`, asked.kind !== 'refused' || asked.isTrouble);
	const features = featuresOf(asked.results);
	if (features === null) return not('the filter does not say what it can do', true);
	if (!speaksSlpf(features)) return not('the consumer does not speak the profile for packet filters (slpf)', false);
	if (target !== null && !(features.pairs.get('deny') ?? []).includes(target))
		return not(`the filter does not take \`deny ${target}\``, false);
	const ruleTarget = ruleTargetOf(features);
	if (ruleTarget === null)
		return not('the filter cannot delete a rule by its number: a block could not be taken back', false);
	const words = [...features.pairs].map(([action, targets]) => `${action} ${targets.join(', ')}`).join('; ');
	return ok({ words, ruleTarget });
}

async function block(
	config: OpenC2Config,
	send: Send,
	{ value, target }: Address,
	{ step }: CallRequest,
	now: Instant,
): Promise<Said> {
	const seen = await look(send, target);
	if (!seen.ok) return seen.error;
	const response = await send(
		{ action: 'deny', target: { [target]: value }, args: denyArgs(config, now) },
		idFor(step, 'deny', value),
	);
	if (response.kind === 'refused')
		return { ...said('not_done', `${value} is not denied: ${response.reason}`), isTrouble: response.isTrouble };
	if (response.kind === 'unknown') return { ...said('unknown', response.reason), isTrouble: true };
	const rule = ruleNumberOf(response.results);
	if (rule === null)
		return {
			...said('done', `${value} is denied; the filter named no rule, so only people at the filter can take it back`),
			isTrouble: false,
		};
	return { ...said('done', `${value} is denied by rule ${rule}`), record: { rules: [rule] }, isTrouble: false };
}

function denyArgs({ direction, stop_after_ms }: OpenC2Config, now: Instant): Command['args'] {
	return {
		response_requested: 'complete',
		...(stop_after_ms === undefined ? {} : { stop_time: now + stop_after_ms }),
		...(direction === 'filter' ? {} : { slpf: { direction } }),
	};
}

async function unblock(
	config: OpenC2Config,
	send: Send,
	{ value }: Address,
	{ step }: CallRequest,
	{ reader }: ListGround,
	now: Instant,
): Promise<Said> {
	const calm = (effect: CallResult['effect'], detail: string, tries = 0): Said => ({
		...said(effect, detail, tries),
		isTrouble: false,
	});
	const incident = await reader.incidentOf(step);
	const { other, isOwn } = holdersOf(await reader.events(config.name), 'indicator', value, incident, now);
	if (other !== null)
		return isOwn
			? calm('done', `no longer wanted here; it stays blocked for incident ${other}`)
			: calm('not_done', `it is held by another incident (${other}): it is taken back there`);
	const { known, doubts } = rulesOf((await reader.rules?.(config.name)) ?? [], value, step);
	const beside =
		doubts.length === 0 ? '' : `. At the filter, look whether ${value} is still denied: ${doubts.join('; ')}`;
	if (known.length === 0)
		return calm('not_done', `no rule of this connector for ${value} is known to be there${beside}`);
	if (known.length > RULES_MAX) return calm('not_done', `${known.length} rules for ${value}: that is for a person`);
	const seen = await look(send, null);
	if (!seen.ok) return seen.error;
	const deleted: number[] = [];
	for (const rule of known) {
		const response = await send(
			{ action: 'delete', target: { [seen.value.ruleTarget]: rule }, args: { response_requested: 'complete' } },
			idFor(step, 'delete', String(rule)),
		);
		if (response.kind === 'done') {
			deleted.push(rule);
			continue;
		}
		const before = deleted.length === 0 ? '' : `rule ${deleted.join(', ')} deleted; `;
		const detail = `${before}rule ${rule}: ${response.reason}${beside}`;
		if (response.kind === 'refused' && deleted.length === 0)
			return { ...said('not_done', detail), isTrouble: response.isTrouble };
		return { ...said('unknown', detail), isTrouble: response.kind === 'unknown' || response.isTrouble };
	}
	const words = `${value} is no longer denied by rule ${deleted.join(', ')}`;
	if (doubts.length > 0) return { ...said('unknown', `${words}${beside}`), isTrouble: false };
	return { ...said('done', words), record: { rules: deleted }, isTrouble: false };
}

/** What each action would do now. Only reads. */
async function tryOut(
	config: OpenC2Config,
	send: Send,
	ground: ListGround,
	indicator: string | null,
): Promise<Probe[]> {
	const seen = await look(send, null);
	if (!seen.ok) return [{ what: 'filter', state: 'not', detail: seen.error.detail }];
	const found: Probe[] = [
		{ what: 'filter', state: 'well', detail: `answers and takes: ${seen.value.words}` },
		{ what: 'rights', state: 'open', detail: 'whether the login may change rules shows only in use' },
	];
	if (indicator === null) return found;
	const read = addressOf(config, ground, indicator, true);
	return [
		...found,
		read.ok
			? { what: 'block_indicator', state: 'well', detail: `would deny ${read.value.target} ${read.value.value}` }
			: { what: 'block_indicator', state: 'not', detail: read.error },
	];
}

/** The address that is meant, or why it is none to deny here. */
function addressOf(
	config: OpenC2Config,
	{ inventory }: ListGround,
	indicator: string,
	isBlock: boolean,
): Result<Address, string> {
	const read = readIndicator(indicator);
	if (!read.ok) return err(`not an indicator that can be denied: ${read.error}`);
	const { type, value } = read.value;
	if (type !== 'ip')
		return err('a packet filter denies addresses; domains and URLs go on a list that firewalls fetch (block-list)');
	const never = isBlock ? whyNever(read.value, inventory, config.never) : null;
	if (never !== null) return err(`${value} is never blocked: ${never}`);
	return ok({ value, target: value.includes(':') ? 'ipv6_net' : 'ipv4_net' });
}

/** Checked here and not only by the caller: the connector is the last door. */
function prepare(
	config: OpenC2Config,
	ground: ListGround,
	grant: Grant,
	{ step, action, target, targets, params }: CallRequest,
	secret: string | null,
	now: Instant,
): Result<Address, string> {
	if (!mayHaveConnector(action)) return err(`action \`${action}\` has no connector (rule G10)`);
	if (!ACTIONS.includes(action)) return err(`no call is configured for \`${action}\``);
	if (target !== null && !targets.includes(target)) return err('no grant: the target is none that was judged');
	const checked = checkGrant(grant, { step, action, targets, params }, now);
	if (!checked.ok) return err(`no grant: ${checked.error}`);
	if (secret === null || secret === '') return err('the secret that `auth` names is not set');
	return addressOf(config, ground, String(params['indicator'] ?? ''), action === 'block_indicator');
}

const said = (effect: CallResult['effect'], detail: string, tries = 1): CallResult => ({ effect, detail, tries });
