// `drill list | start | status | stop | resume | report`: an exercise on the running installation. Pure: from what was read to what is recorded.
// What a drill may do is not decided here but below: it gets no leave of the gate (safety/grant.ts) and its own incident (correlation/drill-lane.ts).

import { canonicalHash } from '../../domain/canonical.ts';
import { makeDrillId } from '../../domain/drill.ts';
import { type DrillScenario, drillAlerts, pickCast } from '../../domain/drill-scenario.ts';
import { type Drill, dueAt } from '../../domain/drill-state.ts';
import { nearest } from '../../domain/nearest.ts';
import { holdsRole, type Role } from '../../domain/person.ts';
import { never } from '../../domain/result.ts';
import { type Instant, MINUTE, toIso } from '../../domain/time.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import type { DrillDesk } from '../drill-desk.ts';
import { reportOf, reportText } from '../drill-report.ts';
import { isOnCall } from '../people.ts';
import { cut, shown } from '../text.ts';
import { roleWords } from '../views/words.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';

/** Who starts a drill, and lets it go on after a real alarm: those who answer for the plant's people being busy with it. */
const DRILL_ROLES: readonly Role[] = ['incident_lead', 'admin'];
/** Working hours in the site's own time zone: at night a page gets somebody out of bed. */
const FROM_HOUR = 7;
const TO_HOUR = 18;

export const drill: Command = {
	name: 'drill',
	usage: 'drill list | start SCENARIO [site S] [anytime] | status | stop | resume | report [ID]',
	help: `an exercise with real people and no calls (start, resume: ${roleWords(DRILL_ROLES)}; stop: anybody on call)`,
	takesIncident: false,
	reads: ['drills'],
	run: (call) => {
		const desk = call.loaded.drills;
		if (desk === null) return say('No scenarios of drills are known here.');
		const [typed = 'list'] = call.words;
		const what = SUBCOMMANDS.find((one) => one === typed.toLowerCase());
		if (what === undefined) {
			const near = nearest(typed, SUBCOMMANDS);
			return say(
				`No \`drill ${shown(typed, 40)}\`.${near === null ? '' : ` Did you mean \`drill ${near}\`?`} ${drill.usage}`,
			);
		}
		switch (what) {
			case 'list':
				return list(desk);
			case 'start':
				return start(call, desk);
			case 'status':
				return status(desk, call.now);
			case 'stop':
				return stop(call, desk);
			case 'resume':
				return resume(call, desk);
			case 'report':
				return report(desk, call.now);
			default:
				return never(what);
		}
	},
};

const SUBCOMMANDS = ['list', 'start', 'status', 'stop', 'resume', 'report'] as const;

function list({ scenarios, drills }: DrillDesk): Answer {
	const lines = scenarios.map((one) => `${one.id}  ${one.title} (${one.alerts.length} alerts, ${minutes(one.lasts)})`);
	const past = drills.slice(0, 5).map((one) => `${one.id}  ${one.scenario}  ${toIso(one.startedAt)}  ${stateOf(one)}`);
	const data = scenarios.map(({ id, title, about, lasts }) => ({ id, title, about, lasts_min: lasts / MINUTE }));
	return say(['Scenarios:', ...lines, ...(past.length === 0 ? [] : ['Drills so far:', ...past])].join('\n'), data);
}

type Wish = { readonly scenario: string; readonly site: string | null; readonly anytime: boolean };

/** `start SCENARIO [site S] [anytime]`, also with dashes as on the command line. */
function readWish(words: readonly string[]): Wish | string {
	const [, scenario, ...rest] = words.map((word) => word.replace(/^--/, ''));
	if (scenario === undefined) return 'which scenario? All of them: drill list';
	let site: string | null = null;
	let anytime = false;
	for (let at = 0; at < rest.length; at++) {
		const word = rest[at]?.toLowerCase();
		if (word === 'anytime') anytime = true;
		else if (word === 'site' && rest[at + 1] !== undefined) site = rest[++at] ?? null;
		else return `\`${shown(rest[at] ?? '', 40)}\` is not understood: drill start SCENARIO [site S] [anytime]`;
	}
	return { scenario, site, anytime };
}

function start(call: CommandCall, desk: DrillDesk): Answer {
	const { acting } = call;
	const no = (why: string, reply: string): Answer => refuseCommand(call, 'drill start', why, `Not started: ${reply}`);
	const { person } = acting;
	if (person === null) return no('unknown person', STRANGER);
	const wish = readWish(call.words);
	if (typeof wish === 'string') return say(`Not started: ${wish}`);
	const site = siteOf(call, wish.site);
	if (typeof site === 'object' && site !== null) return say(`Not started: ${site.problem}`);
	const mayStart = DRILL_ROLES.some((role) => holdsRole(person, role, site, null));
	if (!mayStart) return no('role', `${roleWords(DRILL_ROLES)}${site === null ? '' : ` of site ${site}`} may.`);
	const scenario = desk.scenarios.find((one) => one.id === wish.scenario);
	if (scenario === undefined) {
		const ids = desk.scenarios.map((one) => one.id);
		const near = nearest(wish.scenario, ids);
		return say(
			`Not started: no scenario \`${shown(wish.scenario, 60)}\`. ${near === null ? `Known are: ${ids.join(', ')}` : `Did you mean \`${near}\`?`}`,
		);
	}
	const held = obstacle(call, desk, site, wish.anytime);
	if (held !== null) return no(held.why, held.reply);
	const cast = pickCast(scenario, desk.inventory, site);
	if (!cast.ok) return no('inventory', cast.error);
	return started(call, desk, scenario, cast.value, site, wish.anytime);
}

function siteOf(call: CommandCall, named: string | null): string | null | { readonly problem: string } {
	const { sites } = call.places;
	if (named === null)
		return sites.length > 1 ? { problem: `which site? ${sites.slice(0, 30).join(', ')}` } : (sites[0] ?? null);
	const found = sites.find((one) => one.toLowerCase() === named.toLowerCase());
	return found ?? { problem: `no site \`${shown(named, 60)}\`. Known are: ${sites.slice(0, 30).join(', ')}` };
}

/** What is real goes first: nobody practises while it is there, and two drills at once teach nothing. */
function obstacle(
	{ freezes, now }: CommandCall,
	{ drills, realAlarm, timeZoneOf }: DrillDesk,
	site: string | null,
	anytime: boolean,
): { readonly why: string; readonly reply: string } | null {
	const other = drills.find((one) => one.ended === null || !one.isCleared);
	if (other !== undefined) return { why: 'another drill', reply: `${other.id} (${other.scenario}) is not over yet.` };
	if (realAlarm !== null)
		return {
			why: 'real alarm',
			reply: `INC-${realAlarm.number} is real, open and grave: ${shown(realAlarm.title, 120)}`,
		};
	if (freezes.length > 0) return { why: 'freeze', reply: 'something is frozen, so something real is going on.' };
	const zone = timeZoneOf(site);
	if (!anytime && !areWorkingHours(now, zone))
		return {
			why: 'hours',
			reply: `it is outside working hours (Monday to Friday, ${FROM_HOUR} to ${TO_HOUR} h, ${zone}): people would be woken. Whoever means it adds \`anytime\`.`,
		};
	return null;
}

/** Monday to Friday, from FROM_HOUR up to TO_HOUR, by the clock of the place. */
export function areWorkingHours(now: Instant, timeZone: string): boolean {
	const parts = new Intl.DateTimeFormat('en-GB', {
		timeZone,
		weekday: 'short',
		hour: '2-digit',
		hourCycle: 'h23',
	}).formatToParts(now);
	const of = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
	const hour = Number(of('hour'));
	return !['Sat', 'Sun'].includes(of('weekday')) && hour >= FROM_HOUR && hour < TO_HOUR;
}

function started(
	call: CommandCall,
	desk: DrillDesk,
	scenario: DrillScenario,
	cast: Readonly<Record<string, { readonly id: string }>>,
	site: string | null,
	anytime: boolean,
): Answer {
	const { acting, now } = call;
	const id = makeDrillId(now, desk.random);
	const assets = Object.fromEntries(
		Object.entries(cast).flatMap(([name, { id: asset }]) => {
			const found = desk.inventory.find(asset);
			return found === null ? [] : [[name, found]];
		}),
	);
	const alerts = drillAlerts(scenario, assets, id, now);
	const data = {
		scenario: scenario.id,
		scenario_hash: canonicalHash(scenario),
		title: scenario.title,
		site,
		lasts: scenario.lasts,
		anytime,
		...(scenario.pagers === true ? { pagers: true } : {}),
		cast: Object.fromEntries(Object.entries(cast).map(([name, asset]) => [name, asset.id])),
		alerts: alerts.map(({ at, alert }) => ({ at, alert: { ...alert } })),
		targets: { ...scenario.targets },
		people: Object.fromEntries(desk.people.map((one) => [one.id, one.roles.map((grant) => grant.role)])),
		...wayOf(acting),
	};
	const played = Object.entries(data.cast).map(([name, asset]) => `${name}: ${asset}`);
	return {
		outcome: 'done',
		entries: [{ kind: 'drill.started', actor: actorOf(acting), at: now, incident: id, refs: [id], data }],
		changes: [],
		topics: [
			...alerts.map((one, n) => ({ topic: 'drill' as const, key: `${id}:${n}`, after: now + one.at })),
			{ topic: 'drill', key: `${id}:end`, after: now + scenario.lasts },
		],
		reply: `DRILL ${id} is started: ${scenario.title}. ${played.join(', ')}. It ends by itself in ${minutes(scenario.lasts)}; anybody on call ends it with: /interlock drill stop`,
		data: { id, scenario: scenario.id, cast: data.cast },
	};
}

function status({ drills }: DrillDesk, now: Instant): Answer {
	const open = drills.find((one) => one.ended === null);
	if (open === undefined) return say('No drill runs.', { running: null });
	const sent = open.alerts.filter((one) => dueAt(open, one.at) <= now).length;
	const line = `DRILL ${open.id} (${open.scenario}): ${open.title}. ${stateOf(open)}. ${sent} of ${open.alerts.length} alerts, ends ${toIso(dueAt(open, open.lasts))} unless it stands still.`;
	return say(line, { running: open.id, state: stateOf(open), scenario: open.scenario, alerts: sent });
}

function stateOf(one: Drill): string {
	if (one.ended !== null) return `ended: ${shown(one.ended.why, 200)}`;
	return one.suspended === null ? 'running' : `SUSPENDED: ${shown(one.suspended.why, 200)}`;
}

/** A stop is never asked twice, as with a freeze. */
function stop(call: CommandCall, desk: DrillDesk): Answer {
	const { acting, now } = call;
	if (acting.person === null) return refuseCommand(call, 'drill stop', 'unknown person', STRANGER);
	const mayStop = isOnCall(acting.person) || acting.person.roles.some((grant) => grant.role === 'admin');
	if (!mayStop) return refuseCommand(call, 'drill stop', 'role', 'Not stopped: only people who work on incidents may.');
	const open = desk.drills.find((one) => one.ended === null);
	if (open === undefined) return say('No drill runs.');
	const why = cut(
		call.words
			.slice(1)
			.filter((word) => word !== open.id)
			.join(' ')
			.trim(),
		REASON_MAX,
	);
	const data = { why: why === '' ? 'stopped by a person' : `stopped by a person: ${why}`, ...wayOf(acting) };
	return {
		outcome: 'done',
		entries: [{ kind: 'drill.ended', actor: actorOf(acting), at: now, incident: open.id, refs: [open.id], data }],
		changes: [],
		topics: [{ topic: 'drill', key: `${open.id}:end` }],
		reply: `DRILL ${open.id} is over; what was open in it is closed. What was timed: /interlock drill report ${open.id}`,
	};
}

function resume(call: CommandCall, desk: DrillDesk): Answer {
	const { acting, now } = call;
	const { person } = acting;
	if (person === null) return refuseCommand(call, 'drill resume', 'unknown person', STRANGER);
	const open = desk.drills.find((one) => one.ended === null);
	if (open === undefined) return say('No drill runs.');
	if (open.suspended === null) return say(`DRILL ${open.id} runs already.`);
	if (!DRILL_ROLES.some((role) => holdsRole(person, role, open.site, null)))
		return refuseCommand(call, 'drill resume', 'role', `Not resumed: ${roleWords(DRILL_ROLES)} may.`);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'drill.resumed',
				actor: actorOf(acting),
				at: now,
				incident: open.id,
				refs: [open.id],
				data: wayOf(acting),
			},
		],
		changes: [],
		topics: [{ topic: 'card', key: open.id }],
		reply: `DRILL ${open.id} goes on.${desk.realAlarm === null ? '' : ` INC-${desk.realAlarm.number} is still open and real.`}`,
	};
}

function report({ named }: DrillDesk, now: Instant): Answer {
	if (named === null) return say('No such drill. All of them: /interlock drill list');
	const made = reportOf(named.entries, now);
	if (made === null) return say('The ledger holds no start of this drill that can be read.');
	return say(reportText(made), made);
}

function minutes(ms: number): string {
	return `${Math.round(ms / MINUTE)} min`;
}
