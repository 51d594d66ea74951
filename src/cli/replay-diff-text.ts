// The difference that a change of rules makes, as lines for people or for programs. Pure.
import type { Judged, RuleDiff } from './replay-diff.ts';

/** JSON lines: one object an alert that changed, one an incident that changed, one with the counts, told apart by `what`. */
export function diffJson({ alerts, incidents, counts }: RuleDiff): string {
	const lines = [
		...alerts.map((alert) => ({ what: 'alert', ...alert })),
		...incidents.map((incident) => ({ what: 'incident', ...incident })),
		{ what: 'counts', ...counts },
	];
	return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** One line an alert and an incident, what was and what would be; the counts last. */
export function diffText({ alerts, incidents, counts }: RuleDiff): string {
	const lines = alerts.map(({ position, index, source, title, fields, before, after }) => {
		const place = index === 0 ? `${position}` : `${position}.${index}`;
		const changes = fields.map((field) => `${field} ${shown(before, field)} -> ${shown(after, field)}`);
		return `alert ${place} ${oneLine(source)}: ${oneLine(title)}: ${changes.join('; ')}`;
	});
	for (const { position, title, change, before, after } of incidents) {
		const side = (one: typeof before): string =>
			one === null ? 'none' : `${one.opened ? one.severity : 'not opened'} of ${one.alerts}`;
		lines.push(
			`incident at ${position} ${oneLine(title)}: ${change.replace('_', ' ')}: ${side(before)} -> ${side(after)}`,
		);
	}
	for (const [name, count] of Object.entries(counts)) lines.push(`${name.replaceAll('_', ' ')}: ${count}`);
	return `${lines.join('\n')}\n`;
}

function shown(judged: Judged, field: keyof Judged): string {
	const value = judged[field];
	return typeof value === 'object' ? `[${value.map(oneLine).join(' ')}]` : String(value);
}

/** Titles are written by attackers: no control character reaches the terminal. */
function oneLine(text: string): string {
	return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').slice(0, 120);
}
