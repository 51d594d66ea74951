// Sends a scenario's alerts to the door as monitoring systems would: over HTTP, signed in by token, at their times.
import type { Sent } from './scenario/jump-host-attack.ts';

export type Answered = {
	readonly sent: Sent;
	readonly status: number;
	/** As the door answers: one a message of the body. */
	readonly alerts: readonly { readonly id: string; readonly status: string }[];
	readonly sentAt: number;
	readonly answeredAt: number;
};

const TIMEOUT_MS = 10_000;
const TRIES_MAX = 20;

/**
 * Sends everything; resolves when all is answered. What is refused for now (503, 429, no connection) is sent again, as a webhook's
 * sender does.
 *
 * @param door `http://host:port`; asked before each try, since a restarted server may have another
 */
export async function sendScenario(
	story: readonly Sent[],
	door: () => string,
	token: string,
	onAnswer: (answered: Answered) => void = () => undefined,
): Promise<Answered[]> {
	const startedAt = Date.now();
	return Promise.all(
		story.map(async (sent) => {
			await sleep(Math.max(0, startedAt + sent.afterMs - Date.now()));
			const answered = await send(sent, door, token);
			onAnswer(answered);
			return answered;
		}),
	);
}

async function send(sent: Sent, door: () => string, token: string): Promise<Answered> {
	const sentAt = Date.now();
	for (let tries = 1; ; tries++) {
		try {
			const response = await fetch(`${door()}/v1/alerts/${sent.body.source}`, {
				method: 'POST',
				headers: { authorization: `Bearer ${token}`, 'content-type': sent.body.contentType },
				body: sent.body.body,
				signal: AbortSignal.timeout(TIMEOUT_MS),
			});
			const answer: unknown = await response.json();
			if (response.status !== 503 && response.status !== 429) {
				return { sent, status: response.status, alerts: alertsOf(answer), sentAt, answeredAt: Date.now() };
			}
		} catch (error) {
			// No answer: whether it was stored is not known, so it is sent again. The door folds a repeat.
			if (tries >= TRIES_MAX) throw error;
		}
		if (tries >= TRIES_MAX) throw new Error(`${sent.body.source} was refused ${tries} times`);
		await sleep(Math.min(2_000, 100 * 2 ** Math.min(tries, 5)));
	}
}

function alertsOf(answer: unknown): { id: string; status: string }[] {
	const list: unknown = typeof answer === 'object' && answer !== null && 'alerts' in answer ? answer.alerts : [];
	return Array.isArray(list) ? (list as { id: string; status: string }[]) : []; // our own door's form
}

/** The rest of a story keeps no program alive that was told to stop. */
function sleep(ms: number): Promise<void> {
	return new Promise((done) => void setTimeout(done, ms).unref());
}
