// `status`: what is open, what waits, what is stopped, what is wrong with the program itself. Pure.
import { SEVERITIES } from '../../domain/severity.ts';
import { say } from '../answer.ts';
import { count, grouped, shown } from '../text.ts';
import { durationWords } from '../views/words.ts';
import type { Command, CommandCall } from './command.ts';

export const status: Command = {
	name: 'status',
	usage: 'status',
	help: 'what is open, what waits for people, freezes, and the state of Interlock itself',
	takesIncident: false,
	reads: ['worklist'],
	run: (call) => say(statusLines(call).join('\n'), statusData(call)),
};

function statusLines(call: CommandCall): string[] {
	const bySeverity = SEVERITIES.toReversed().flatMap((severity) => {
		const number = call.totals.by_severity[severity] ?? 0;
		return number === 0 ? [] : [`${grouped(number)} ${severity}`];
	});
	return [
		`Open: ${count(call.totals.open, 'incident')}${bySeverity.length > 0 ? ` (${bySeverity.join(', ')})` : ''}`,
		`Waiting for a decision: ${count(call.totals.waiting, 'step')}; for hands: ${grouped(call.totals.hands)}; result not known: ${grouped(call.totals.in_doubt)}`,
		...notesFor(call),
		...worklistNotes(call),
	];
}

/** Freezes and faults: what everybody should know first. Empty where all is well. */
export function notesFor(call: Pick<CommandCall, 'freezes' | 'health' | 'naming' | 'now'>): string[] {
	const freezes = call.freezes.map((freeze) => {
		const asked =
			freeze.thaw_asked_by === null
				? ''
				: `; ${shown(call.naming.person(freeze.thaw_asked_by), 60)} asked to lift it, a second person has to confirm`;
		return `Frozen: ${shown(freeze.scope, 100)}, for ${durationWords(call.now - freeze.set_at)}, by ${shown(call.naming.person(freeze.set_by), 60)}: ${shown(freeze.reason, 200)}${asked}`;
	});
	const stuck = call.health.topics
		.filter((row) => row.parked > 0 || (row.oldest !== null && call.now - row.oldest > 60_000))
		.map(
			(row) =>
				`Behind: ${row.topic}: ${row.waiting} waiting${row.oldest === null ? '' : `, the oldest for ${durationWords(call.now - row.oldest)}`}, ${row.parked} given up`,
		);
	const faults = call.health.faults.slice(-3).map((entry) => {
		const what = entry.data['what'] ?? entry.data['message'] ?? entry.data['reason'] ?? entry.data['part'] ?? 'fault';
		return `Fault ${durationWords(call.now - entry.at)} ago: ${shown(String(what), 200)}`;
	});
	return [...freezes, ...stuck, ...faults];
}

/** What waits to be looked at so that the plant is known better; empty where nothing does. */
export function worklistNotes(call: Pick<CommandCall, 'health' | 'loaded'>): string[] {
	const parts = [
		call.health.unparsed > 0 ? `${count(call.health.unparsed, 'message')} not understood` : '',
		call.loaded.worklist.unknown.length > 0
			? `${count(call.loaded.worklist.unknown.length, 'name or address', 'names and addresses')} not in the inventory`
			: '',
	].filter((part) => part !== '');
	return parts.length === 0 ? [] : [`To look at: ${parts.join(', ')}: /interlock unknown`];
}

function statusData(call: CommandCall) {
	return {
		...call.totals,
		by_severity: { ...call.totals.by_severity },
		freezes: call.freezes.map((freeze) => ({ ...freeze })),
		unparsed: call.health.unparsed,
		unknown: call.loaded.worklist.unknown.length,
		topics: call.health.topics.map((row) => ({ ...row })),
	};
}
