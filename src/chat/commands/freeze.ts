// `freeze [all|site X|zone Y] reason`: stops everything there at once. Anybody on call may: a stop is never asked twice. Pure.
import { nearest } from '../../domain/nearest.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Answer, actorOf, STRANGER, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { isOnCall } from '../people.ts';
import { cut, shown } from '../text.ts';
import { type Command, type CommandCall, judgeAgain, refuseCommand } from './command.ts';

export const freeze: Command = {
	name: 'freeze',
	usage: 'freeze [all | site X | zone Y] reason',
	help: 'stop every automatic and approved step there at once (anybody on call)',
	takesIncident: false,
	run: setFreeze,
};

export type Scoped = {
	readonly scope: string;
	readonly site: string | null;
	readonly zone: string | null;
	readonly rest: readonly string[];
};

/** Reads `all`, `site X` or `zone Y` at the front of the words; without any of them it is `all`. */
export function readScope(call: CommandCall): Result<Scoped, string> {
	const [typed = '', name, ...rest] = call.words;
	const first = typed.toLowerCase();
	if (first === 'site' || first === 'zone') {
		const known = first === 'site' ? call.places.sites : call.places.zones.map((zone) => zone.id);
		if (name === undefined) return err(`Which ${first}? Known are: ${known.slice(0, 30).join(', ')}`);
		const exact = known.find((id) => id.toLowerCase() === name.toLowerCase());
		if (exact === undefined) {
			const near = nearest(name, known);
			return err(
				`No ${first} \`${shown(name, 60)}\`. ${near === null ? `Known are: ${known.slice(0, 30).join(', ')}` : `Did you mean \`${near}\`?`}`,
			);
		}
		const site = first === 'site' ? exact : (call.places.zones.find((zone) => zone.id === exact)?.site ?? null);
		return ok({ scope: `${first}:${exact}`, site, zone: first === 'zone' ? exact : null, rest });
	}
	const meant = first === 'all' ? null : meantScope(call, typed);
	if (meant !== null) return err(meant);
	return ok({ scope: 'all', site: null, zone: null, rest: first === 'all' ? call.words.slice(1) : call.words });
}

/** Letters and digits mixed, a capital inside, `:` or `=`: nobody begins a sentence so, but ids look like it. */
const LIKE_AN_ID = /[a-z][A-Z]|[A-Za-z][-_.]?\d|[:=]/;

/** What somebody meant who wrote a place, or nearly one, without saying what it is; null where the word begins a reason. */
function meantScope({ places }: CommandCall, typed: string): string | null {
	if (typed === '') return null;
	const bare = typed.toLowerCase().replace(/^(?:site|zone)[:=]/, '');
	const everything = 'For the whole plant write `all`, then the reason.';
	for (const kind of ['zone', 'site'] as const) {
		const ids = kind === 'site' ? places.sites : places.zones.map((zone) => zone.id);
		const near = ids.find((id) => id.toLowerCase() === bare) ?? nearest(bare, ids);
		if (near !== null) return `Did you mean \`${kind} ${near}\`? ${everything}`;
	}
	const word = nearest(bare, ['all', 'site', 'zone']);
	if (word !== null) return `Did you mean \`${word}\`? ${everything}`;
	if (!LIKE_AN_ID.test(typed)) return null;
	const known = [...places.sites.map((id) => `site ${id}`), ...places.zones.map((zone) => `zone ${zone.id}`)];
	return `\`${shown(typed, 60)}\` is no site or zone. Known are: ${known.slice(0, 30).join(', ')}. ${everything}`;
}

function setFreeze(call: CommandCall): Answer {
	const { acting, now } = call;
	if (acting.person === null) return refuseCommand(call, 'freeze', 'unknown person', STRANGER);
	if (!isOnCall(acting.person))
		return refuseCommand(
			call,
			'freeze',
			'role',
			'Not frozen: only people who work on incidents may. Call somebody on call.',
		);
	const scoped = readScope(call);
	if (!scoped.ok) return refuseCommand(call, 'freeze', 'scope', `Not frozen. ${scoped.error}`);
	const { scope } = scoped.value;
	const held = call.freezes.find((row) => row.scope === scope);
	if (held !== undefined)
		return {
			outcome: 'noted',
			entries: [],
			changes: [],
			topics: [],
			reply: `${scope} is frozen already: ${shown(held.reason, 200)}`,
		};
	// A stop is not held up by a missing reason.
	const reason = cut(scoped.value.rest.join(' ').trim(), REASON_MAX) || 'no reason given';
	const id = call.newId('frz');
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'freeze.set',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [id],
				data: { scope, reason, ...wayOf(acting) },
			},
		],
		changes: [{ op: 'insert', table: 'freezes', row: { id, scope, reason, set_by: acting.id, set_at: now } }],
		topics: judgeAgain(call),
		reply: `Frozen: ${scope}. Nothing new starts there; what runs this moment ends. Lifting it takes two people: /interlock thaw ${scope.replace(':', ' ')}`,
	};
}
