// Action `query_logs`: entries of stored logs about an asset, around the incident (row R05). The step's target is the log store; `about` names an asset
// of the inventory, and the searches are those that the connector's configuration has.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const queryLogs = connectorAction({
	name: 'query_logs',
	params: z.strictObject({
		about: z.string().min(1).max(200),
		/** A moment, ISO 8601; left out, now. */
		around: z.string().max(40).optional(),
	}),
	undo: { none: 'reading changes nothing' },
});
