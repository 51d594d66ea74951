// What a ticket says: the step's own words made safe, what is asked of people, and which step it belongs to. Pure. Far more people read
// tickets than the incident's thread, and some mail them on: no secret leaves, no live link but the site's own, no markup.
import { type DeskConfig, severityOr } from '../../domain/connector-kinds/desk.ts';
import type { Severity } from '../../domain/severity.ts';
import { cut, shown, shownLines } from '../../domain/shown-text.ts';
import type { StepParams } from '../../domain/step.ts';
import { createMasker } from '../../model/mask.ts';

/** A `short_description` of ServiceNow holds 160 characters, a summary of Jira 255. */
const SUMMARY_MAX = 160;
/** A `description` of ServiceNow holds 4000 characters: what is asked of people must still fit behind the words. */
const WORDS_MAX = 2_500;
const WORDS_LINES_MAX = 60;

export type TicketText = {
	readonly summary: string;
	/** Paragraphs; line breaks inside one stay. */
	readonly paragraphs: readonly string[];
	/** The site's own address of the incident: the only live link. */
	readonly link: string | null;
	readonly severity: Severity;
	readonly queue: string | null;
};

/**
 * The text of one step's ticket.
 *
 * @param incident its id, for the link; null where it is not known
 */
export function ticketText(config: DeskConfig, step: string, params: StepParams, incident: string | null): TicketText {
	const { mask } = createMasker({
		people: config.hide.includes('people'),
		addresses: config.hide.includes('addresses') ? 'all' : 'none',
		hosts: false,
	});
	const word = (name: string): string => (typeof params[name] === 'string' ? params[name] : '');
	const severity = severityOr(params['severity'], config);
	const summary = shown(mask(word('summary')), SUMMARY_MAX);
	const whole = shownLines(mask([word('summary'), word('text')].join('\n\n')), WORDS_MAX, WORDS_LINES_MAX);
	const named = params['severity'] === severity ? '' : ' (assumed: the step names none)';
	return {
		summary: summary === '' ? 'Incident' : summary,
		paragraphs: [
			whole,
			`Severity: ${severity}${named}. Opened by Interlock for ${incident ?? 'an incident'}, step ${cut(step, 60)}.`,
			"Asked of you: take part in the incident's thread in Slack, or on the server by `interlock incident show`. Decisions, approvals and what was done by hand are given there. This ticket is a record: what is written here, and closing it, approves nothing, stops nothing and takes nothing back.",
			'Interlock changes nothing at a controller or a safety system. Do not change anything there because of this ticket alone: ask the control room first.',
		].filter((part) => part !== ''),
		link: config.link?.replaceAll('{incident}', encodeURIComponent(incident ?? '')) ?? null,
		severity,
		queue: word('queue') === '' ? null : word('queue'),
	};
}
