// What a ticket system is for the connector: how a ticket of a step is found, what opens one, and what an answer means. ServiceNow and
// Jira each are one. NOT here: when it is asked (ticket-connector.ts), and what a ticket says (ticket-text.ts).
import type { Result } from '../../domain/result.ts';
import type { Probe } from './connector.ts';
import { type HttpSession, type PostForm, Stopped, type Token } from './http-session.ts';
import type { TicketText } from './ticket-text.ts';

/** As people call it, and where they see it. */
export type Ticket = { readonly number: string; readonly url: string };

export type Desk = {
	readonly title: string;
	/** A form in which the secret is sent: it appears in no result either. */
	readonly credential: string | null;
	readonly token: (post: PostForm) => Promise<Result<Token, string>>;
	/** Where a ticket is opened. */
	readonly path: string;
	/** Tickets of one step, a few at most. @throws Stopped where that cannot be known */
	find(session: HttpSession, step: string): Promise<readonly Ticket[]>;
	/** The request; `note` belongs behind "is open": what became otherwise than the step says. */
	bodyOf(step: string, text: TicketText): { readonly body: object; readonly note: string };
	/** The ticket in the answer to the request; null where there is none that can be believed. */
	madeOf(body: unknown, step: string): Ticket | null;
	/** The desk's words for a refusal, with what leads to them; empty where it says nothing. */
	refusal(body: unknown): string;
	probe(session: HttpSession): Promise<readonly Probe[]>;
};

/** One look for `interlock connector test`: what goes wrong is an answer too. */
export async function look(what: string, ask: () => Promise<Omit<Probe, 'what'>>): Promise<Probe> {
	try {
		return { what, ...(await ask()) };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { what, state: 'not', detail: cause.message };
	}
}
