// Tells people of the first alert of a source, once, and of each test: what was understood of it. What it says is views/heard.ts.
import { readFirstAlert, readFirstProblems, readHeardAlert } from '../store/read/heard.ts';
import type { Next, Room } from './bring.ts';
import { deliver, REFUSED_PAUSE_MS } from './deliver.ts';
import { heardNotice } from './views/heard.ts';

/** What triage makes of the alert is waited for so long; then the notice goes without. */
const VERDICT_WAIT_MS = 15_000;
const LOOK_AGAIN_MS = 1_000;

/** @param key a source's name, or `test:` and the id of the test's alert */
export async function bringHeard(room: Room, key: string): Promise<Next> {
	const test = key.startsWith('test:') ? key.slice('test:'.length) : null;
	const alert = test === null ? await readFirstAlert(room.database, key) : await readHeardAlert(room.database, test);
	if (alert === null) return null;
	const now = room.now();
	if (alert.verdict === null && now - alert.received_at < VERDICT_WAIT_MS) return now + LOOK_AGAIN_MS;
	const problems = test === null ? await readFirstProblems(room.database, key) : [];
	const delivered = await deliver(room.outlet, {
		key: test === null ? `first:${key}` : key,
		incident: null,
		channel: room.defaultChannel,
		threadTs: null,
		isUrgent: false,
		render: () => heardNotice(alert, problems, room.directory, test !== null),
	});
	if (delivered.kind === 'later') return delivered.at;
	return delivered.kind === 'refused' ? room.now() + REFUSED_PAUSE_MS : null;
}
