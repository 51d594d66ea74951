// After a step that touches OT, or stands beside it, the control room of each zone concerned is asked: is your view alive? Whose that is, who
// is asked next when nobody answers, and what an impaired view comes to. Pure. No playbook asks for this and none can leave it out.
// NOT here: the answer itself (chat), the reading of what went quiet (view-step.ts).
import type { Asset, Zone } from '../domain/asset.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Inventory } from '../domain/inventory.ts';
import { holdsRole, type Person, type Role } from '../domain/person.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, MINUTE, toIso } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import { isViewOpen, type ViewQuestion, viewKey } from '../domain/view-question.ts';
import { effectOf, TOUCH_FREE_EFFECTS } from '../safety/actions.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import { touchesOt } from '../safety/touches-ot.ts';
import type { Change } from '../store/record.ts';
import { stepEntry } from './advance.ts';
import { takeBack } from './expire.ts';
import { undoKey } from './order.ts';
import { tellPeople } from './tell-people.ts';
import { askOn, cardOf, type View } from './view.ts';

/** How long each who is asked has: an operator who has lost the view knows it by then, and calls. */
export const VIEW_ANSWER_MS = 5 * MINUTE;
/** What goes quiet within this time after the step is told of, looked for this often. */
export const QUIET_WITHIN_MS = 15 * MINUTE;
const QUIET_EVERY_MS = MINUTE;
const ZONES_MAX = 8;
const ASKED_MAX = 10;
const QUIET_SHOWN_MAX = 20;

type Place = { readonly zone: string | null; readonly site: string | null };

/** The control rooms that a step may concern, by the inventory alone; empty for a step that is far from OT. */
export function viewZonesOf(
	step: Step,
	inventory: Inventory,
	incident: { readonly zones: readonly string[]; readonly sites: readonly string[] },
): Place[] {
	if (TOUCH_FREE_EFFECTS.some((free) => free === effectOf(step.action))) return [];
	const own = proposeStep(step).targets.map((id) => {
		const asset = inventory.find(id);
		return { asset, zone: asset === null ? inventory.zoneOfAddress(id) : inventory.zone(asset.zone ?? '') };
	});
	// A historian is there to be asked: nobody's view hangs on one question more.
	const isReading = effectOf(step.action) === 'query' && own.every(({ asset }) => asset?.class === 'historian');
	if (isReading && own.length > 0) return [];
	const rooms = own.flatMap(({ zone }) => (zone === null ? [] : roomsAround(zone, inventory)));
	if (
		own.length > 0 &&
		!touchesOt(step, inventory) &&
		(rooms.length === 0 ||
			own.every(({ asset, zone }) => isApart(asset) && !(zone !== null && isRoom(zone, inventory))))
	)
		return [];
	const around = incident.zones.flatMap((id) => inventory.zone(id) ?? []).filter((zone) => isRoom(zone, inventory));
	const places = [...new Set(rooms.length > 0 ? rooms : around)]
		.slice(0, ZONES_MAX)
		.map(({ id, site }): Place => ({ zone: id, site }));
	if (places.length > 0) return places;
	// An account or an indicator without an asset, in an incident far from OT: only what took one of OT to decide concerns a view.
	if (own.length === 0 && step.decision?.class !== 'TWO') return [];
	// Nobody can say which control room it is: everybody who could be it is asked.
	const site = own.map(({ asset, zone }) => asset?.site ?? zone?.site ?? null).find((one) => one !== null);
	return [{ zone: null, site: site ?? incident.sites[0] ?? null }];
}

/** Stated in the inventory: no operator looks through it, and nothing of OT needs it. */
function isApart(asset: Asset | null): boolean {
	return asset?.facts['operator_remote_view'] === false && asset.facts['ot_dependency'] === false;
}

/** A zone of process equipment with people who watch it: its own control room, and those one conduit away. */
function roomsAround(zone: Zone, inventory: Inventory): Zone[] {
	const around = [zone, ...inventory.neighbours(zone.id).flatMap((id) => inventory.zone(id) ?? [])];
	return around.filter((one) => isRoom(one, inventory));
}

/** Levels 0 to 3, as the zone says or else as its assets do; a zone of safety systems is seen from the control room beside it. */
function isRoom(zone: Zone, inventory: Inventory): boolean {
	if (zone.sis) return false;
	if (zone.level !== null && zone.level !== 'unknown') return ['0', '1', '2', '3'].includes(zone.level);
	return inventory.data.assets.some((asset) => asset.zone === zone.id && ['0', '1', '2', '3'].includes(asset.level));
}

/** Who is asked in which order: the operators of the zone, its engineers, then the site's own list, then who leads. */
function ladderOf({ zone, site }: Place, view: View, now: Instant): (readonly Person[])[] {
	const { people, escalation } = view.setting;
	const holding = (...roles: Role[]): Person[] =>
		people.filter((person) => roles.some((role) => holdsRole(person, role, site, zone)));
	const named = (escalation?.(view.incident) ?? []).map((ids) => people.filter((person) => ids.includes(person.id)));
	const rungs = [holding('ot_operator'), holding('ot_engineer', 'sis_engineer'), ...named, holding('incident_lead')];
	return rungs
		.map((rung) => presentOf(rung, now).slice(0, ASKED_MAX))
		.filter((rung, index) => rung.length > 0 || index === 0);
}

/** Who is away is asked only where nobody else is there. */
function presentOf(people: readonly Person[], now: Instant): readonly Person[] {
	const present = people.filter((person) => !((person.away_until ?? 0) > now));
	return present.length > 0 ? present : people;
}

export type Asked = {
	readonly entries: readonly NewEntry[];
	readonly changes: readonly Change[];
	readonly topics: readonly NextTopic[];
};
const NOTHING: Asked = { entries: [], changes: [], topics: [] };

type NewId = (prefix: 'pst') => string;

/** The questions after a call that was done or may have been, to be recorded with its result; those that are asked already are not again. */
export function askViews(step: Step, view: View, newId: NewId, now: Instant): Asked {
	if (step.state !== 'done' && step.state !== 'in_doubt') return NOTHING;
	const held = new Set((view.viewQuestions ?? []).map((one) => viewKey(one.step, one.zone)));
	const places = viewZonesOf(step, view.setting.inventory, view.incident).filter(
		({ zone }) => !held.has(viewKey(step.id, zone)),
	);
	if (places.length === 0) return NOTHING;
	const asked = places.map((place) => askRound('step.view_asked', step, place, 1, view, newId, now));
	return {
		entries: asked.flatMap((one) => one.entries),
		changes: asked.flatMap((one) => one.changes),
		topics: [
			...asked.flatMap((one) => one.topics),
			askOn(view),
			{ topic: 'view', key: step.id, after: now + QUIET_EVERY_MS },
		],
	};
}

/** One round: who is asked now and until when, and a direct message to each. */
function askRound(
	kind: 'step.view_asked' | 'step.view_unanswered',
	step: Step,
	place: Place,
	round: number,
	view: View,
	newId: NewId,
	now: Instant,
): Asked {
	const ladder = ladderOf(place, view, now);
	const people = ladder[round - 1] ?? [];
	const until = round <= ladder.length ? now + VIEW_ANSWER_MS : null;
	const { zone, site } = place;
	const entry = stepEntry(
		kind,
		step,
		{ zone, site, round, asked: people.map((person) => person.id), until, ...whoWords(people, round) },
		now,
	);
	const number = view.incident.number;
	const where = zone === null ? 'Control room' : `Control room of ${zone}`;
	const text =
		`INC-${number}: "${step.title}" ${step.state === 'in_doubt' ? 'may have been done' : 'was done'}${step.target === null ? '' : ` on ${step.target}`}. ` +
		`${where}: is your view alive, does the process answer? Answer in the incident's thread, or: ` +
		`/interlock view ${number} alive|impaired|lost${zone === null ? '' : ` ${zone}`}` +
		`${until === null ? '' : ` (by ${toIso(until).slice(11, 16)} UTC; then the next are asked)`}`;
	const what = `view-${viewKey(step.id, zone).replaceAll(':', '-')}-${round}`;
	const { changes, topics } = tellPeople(people, what, text, view, newId, now);
	return { entries: [entry], changes, topics };
}

function whoWords(people: readonly Person[], round: number): { readonly note: string } {
	const names = people.map((person) => person.name).join(', ');
	if (round === 1)
		return { note: names === '' ? 'no operator is known here: call the control room' : `asked ${names}` };
	return {
		note: names === '' ? 'nobody further is known: call the control room' : `no answer yet; now asked: ${names}`,
	};
}

/**
 * What time and answers come to for one step: silence hands the question on, an impaired view proposes to take the step back, and what
 * went quiet since is told. Looking twice changes nothing more.
 *
 * @param quiet what went quiet in each zone since the step, in words
 */
export function lookAfterViews(
	step: Step,
	view: View,
	quiet: (zone: string | null) => readonly string[],
	newId: NewId,
	now: Instant,
): Asked {
	const questions = (view.viewQuestions ?? []).filter((one) => one.step === step.id);
	const parts = questions.flatMap((question): Asked[] => {
		const isSilent = isViewOpen(question) && question.until !== null && question.until <= now;
		return [
			...(isSilent ? [askRound('step.view_unanswered', step, question, question.round + 1, view, newId, now)] : []),
			tellQuiet(step, question, quiet(question.zone), now),
		];
	});
	if (questions.some((question) => question.wasBad)) parts.push(proposeBack(step, view, now));
	const isNew = parts.some((part) => part.entries.length > 0);
	return {
		entries: parts.flatMap((part) => part.entries),
		changes: parts.flatMap((part) => part.changes),
		topics: [
			...parts.flatMap((part) => part.topics),
			...(isNew ? [askOn(view), cardOf(view)] : []),
			...nextLook(step, questions, now),
		],
	};
}

function tellQuiet(step: Step, question: ViewQuestion, found: readonly string[], now: Instant): Asked {
	const fresh = found.filter((one) => !question.quiet.includes(one)).slice(0, QUIET_SHOWN_MAX - question.quiet.length);
	if (fresh.length === 0) return NOTHING;
	const { zone, site } = question;
	const note = `since this step went quiet (by time alone, the cause is not known): ${fresh.join('; ')}`;
	return {
		...NOTHING,
		entries: [stepEntry('step.view_quiet', step, { zone, site, quiet: [...fresh], note: note.slice(0, 1_000) }, now)],
	};
}

/** When the step is looked after again; null where nothing can come of it any more. */
function nextLook(step: Step, questions: readonly ViewQuestion[], now: Instant): NextTopic[] {
	const asked = Math.min(...questions.map((one) => one.askedAt));
	const isRoundOpen = questions.some(
		(one) => isViewOpen(one) && (one.until !== null || now - one.askedAt < QUIET_WITHIN_MS),
	);
	const mayGoQuiet = questions.length > 0 && now < asked + QUIET_WITHIN_MS;
	return isRoundOpen || mayGoQuiet ? [{ topic: 'view', key: step.id, after: now + QUIET_EVERY_MS }] : [];
}

/** The inverse as a step that the gate judges, once; where there is none, a request to people. */
function proposeBack(step: Step, view: View, now: Instant): Asked {
	if (step.state !== 'done' && step.state !== 'in_doubt') return NOTHING;
	if (step.key.startsWith('undo:')) return NOTHING;
	const key = undoKey(step.key);
	if (view.steps.some((one) => one.playbook === step.playbook && one.key === key && one.target === step.target))
		return NOTHING;
	const { undo, entry, change } = takeBack(
		step,
		view,
		`the view of a control room suffers since ${step.key}: taking it back is proposed`,
		[],
		now,
	);
	const row: Step = {
		...undo,
		instructions: `A control room says that its view is impaired or lost since "${step.title}". Taking it back is proposed, not done: it is decided like any other step. If a freeze holds it and it cannot wait, do it with your own tools and write it into the thread.`,
	};
	return {
		entries: [entry],
		changes: [change, { op: 'ensure', table: 'steps', row }],
		topics: [{ topic: 'plan', key: step.incident }],
	};
}
