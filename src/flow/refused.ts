// What came with a wrong credential or a wrong signature: counted, told and recorded.
import type { SlackOptions } from '../chat/slack.ts';
import { createRefusals } from '../intake/refusals.ts';
import type { Tally } from '../intake/tally.ts';
import { record } from '../store/record.ts';
import type { Faults } from './faults.ts';
import type { FlowParts, Watched } from './parts.ts';

type Refused = { readonly source: string; readonly address: string; readonly reason: string; readonly isNew: boolean };

/** Each one is counted; those that say something new are entries; many of them become one alert. */
export function tellRefused(parts: FlowParts, faults: Faults, watched: Watched, refused: Refused): void {
	watched.refusals.count(refused.source, refused.address, 1, parts.clock());
	recordRefused(parts, faults, refused);
}

const REFUSED_WORDS = {
	time: 'in Slack’s name: its time is more than five minutes from the clock here',
	signature: 'in Slack’s name: the signature is not made with the signing secret',
} as const;

/** What comes in Slack's name and is not proved: the same, but the first is an alert already. */
export function slackRefusals(parts: FlowParts, faults: Faults, tally: Tally): NonNullable<SlackOptions['onRefused']> {
	const refusals = createRefusals(parts.clock);
	return (address, why) => {
		const isNew = !refusals.isOver('slack', address) && refusals.count('slack', address);
		tally.count(why, address, 1, parts.clock());
		recordRefused(parts, faults, { source: 'slack', address, reason: REFUSED_WORDS[why], isNew });
	};
}

function recordRefused({ metrics, clock, database }: FlowParts, faults: Faults, refused: Refused): void {
	const { source, address, reason, isNew } = refused;
	metrics.refused(source);
	if (!isNew) return;
	const entry = {
		kind: 'credential.refused' as const,
		actor: { kind: 'source' as const, id: source },
		at: clock(),
		incident: null,
		refs: [],
		data: { source, address, reason },
	};
	record(database, { entries: [entry] }, clock()).catch((error: unknown) => faults.report('credential.refused', error));
}
