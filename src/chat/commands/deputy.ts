// `deputy PERSON as ROLE [at site X | zone Y] for 8h [reason]`, `deputy accept DPT`, `deputy end DPT`, `deputy`: who is away names who stands in,
// who stands in says yes, and either ends it. Pure. NOT here: what a deputy may do (deputies.ts).
import { type Person, Role } from '../../domain/person.ts';
import { DAY, toIso } from '../../domain/time.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { type Deputy, mayLendAt, whyNoDeputy } from '../deputies.ts';
import { cut, shown } from '../text.ts';
import { durationWords } from '../views/words.ts';
import { type Command, type CommandCall, judgeAgain, refuseCommand } from './command.ts';
import { readDuration } from './fact.ts';
import { dmChange } from './told.ts';

/** Nobody is away for longer without saying so again; our choice. */
export const DEPUTY_MAX_MS = 30 * DAY;

export const deputy: Command = {
	name: 'deputy',
	usage: 'deputy [PERSON as ROLE [at site X | zone Y] for 8h [reason] | accept DPT | end DPT]',
	help: 'name who stands in for you while you are away; it counts once they accept',
	takesIncident: false,
	reads: ['deputies'],
	run: runDeputy,
};

function runDeputy(call: CommandCall): Answer {
	const [first = '', second = ''] = call.words;
	const { acting } = call;
	if (first === '') return listed(call);
	if (acting.person === null) return refuseCommand(call, 'deputy', 'unknown person', STRANGER);
	if (first === 'accept' || first === 'end') return settled(call, first, second);
	return named(call);
}

function heldBy(call: CommandCall): readonly Deputy[] {
	return call.loaded.deputies?.held ?? [];
}

function listed(call: CommandCall): Answer {
	const lines = heldBy(call)
		.filter((one) => !one.isEnded && one.until > call.now)
		.map(
			(one) =>
				`${one.id}  ${call.naming.person(one.deputy)} for ${call.naming.person(one.person)} as ${one.role}${placeWords(one)}, until ${toIso(one.until).slice(0, 16)}Z${one.isAccepted ? '' : ', not accepted yet'}`,
		);
	return say(lines.length === 0 ? `Nobody stands in for anybody.\n/interlock ${deputy.usage}` : lines.join('\n'));
}

function placeWords({ site, zone }: Pick<Deputy, 'site' | 'zone'>): string {
	return zone !== null ? ` at zone ${zone}` : site !== null ? ` at site ${site}` : '';
}

function settled(call: CommandCall, how: 'accept' | 'end', id: string): Answer {
	const held = heldBy(call).find((one) => one.id === id);
	const no = (why: string, reply: string): Answer => refuseCommand(call, 'deputy', why, reply);
	if (held === undefined || held.isEnded || held.until <= call.now)
		return no(
			'no such deputy',
			`Nothing to ${how}: \`${shown(id, 60)}\` is no deputy that stands. All: /interlock deputy`,
		);
	const { acting, now } = call;
	const isMine = how === 'accept' ? acting.id === held.deputy : [held.person, held.deputy].includes(acting.id);
	if (!isMine)
		return no(
			'another person',
			how === 'accept'
				? `Not accepted: only ${call.naming.person(held.deputy)} can accept this.`
				: `Not ended: only ${call.naming.person(held.person)} or ${call.naming.person(held.deputy)} ends this.`,
		);
	if (how === 'accept' && held.isAccepted) return say('You have accepted this already.');
	return {
		outcome: 'done',
		entries: [
			{
				kind: how === 'accept' ? 'deputy.accepted' : 'deputy.ended',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [held.id],
				data: { person: held.person, deputy: held.deputy, role: held.role, ...wayOf(acting) },
			},
		],
		changes: [],
		topics: judgeAgain(call),
		reply:
			how === 'accept'
				? `You stand in for ${call.naming.person(held.person)} as ${held.role}${placeWords(held)} until ${toIso(held.until).slice(0, 16)}Z. What they approve, you cannot approve as the second.`
				: `Ended: ${call.naming.person(held.deputy)} no longer stands in for ${call.naming.person(held.person)}.`,
	};
}

type Wish = {
	readonly deputy: Person;
	readonly role: Role;
	readonly site: string | null;
	readonly zone: string | null;
};

function named(call: CommandCall): Answer {
	const { acting, now } = call;
	const no = (why: string, reply: string): Answer => refuseCommand(call, 'deputy', why, `Not recorded: ${reply}`);
	const people = call.loaded.deputies?.people ?? [];
	// Own roles only: a role that was lent is not lent on.
	const person = people.find((one) => one.id === acting.id);
	const wish = readWish(call, people);
	if (typeof wish === 'string') return no('not understood', wish);
	if (person === undefined) return no('unknown person', STRANGER);
	const why = whyNoDeputy(person, wish.deputy, wish.role);
	if (why !== null) return no('role', `${why}.`);
	if (!mayLendAt(person, wish.role, wish.site, wish.zone))
		return no('role', `you do not hold \`${wish.role}\`${placeWords(wish)} yourself.`);
	const words = call.words.slice(call.words.indexOf('for'));
	const holds = readDuration(words[1] ?? '');
	if (call.words.indexOf('for') === -1 || holds === null)
		return no('duration', 'for how long? Write for 8h or for 3d before the reason.');
	const until = now + Math.min(holds, DEPUTY_MAX_MS);
	const id = call.newId('dpt');
	const reason = cut(words.slice(2).join(' ').trim(), REASON_MAX) || null;
	const at = { role: wish.role, site: wish.site, zone: wish.zone };
	const asked = `${person.name} names you as deputy: ${wish.role}${placeWords(wish)}, until ${toIso(until).slice(0, 16)}Z. It counts once you accept: /interlock deputy accept ${id}`;
	const message = dmChange(call, wish.deputy, `deputy:${id}`, null, asked);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'deputy.named',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [id],
				data: { deputy: wish.deputy.id, ...at, until, reason, ...wayOf(acting) },
			},
		],
		changes: message.changes,
		topics: message.topics,
		reply: `Recorded: ${wish.deputy.name} stands in for you as ${wish.role}${placeWords(wish)} for ${durationWords(until - now)}, once they accept: /interlock deputy accept ${id}`,
	};
}

/** `olga as ot_engineer at zone cell-3`; in words why not, where it is not that. */
function readWish(call: CommandCall, people: readonly Person[]): Wish | string {
	const [who = '', as, role, at, kind, place] = call.words;
	const deputy = people.find((one) => one.id === who || one.slack === who.replace(/^<@|[|>].*$/g, ''));
	if (deputy === undefined) return `nobody is known as \`${shown(who, 60)}\`; ids stand in people.yaml.`;
	const read = Role.safeParse(role);
	if (as !== 'as' || !read.success) return `as what? Write: ${deputy.id} as ROLE, one of ${Role.options.join(', ')}.`;
	if (at !== 'at') return { deputy, role: read.data, site: null, zone: null };
	const known = kind === 'site' ? call.places.sites : kind === 'zone' ? call.places.zones.map((zone) => zone.id) : null;
	if (known === null || place === undefined || !known.includes(place))
		return `at which place? Write at site X or at zone Y; known are: ${(known ?? call.places.sites).slice(0, 30).join(', ')}.`;
	const site = kind === 'site' ? place : (call.places.zones.find((zone) => zone.id === place)?.site ?? null);
	return { deputy, role: read.data, site, zone: kind === 'zone' ? place : null };
}
