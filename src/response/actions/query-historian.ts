// Action `query_historian`: recorded values of an asset, around the incident (rows R06, R07). The step's target is the historian; `about` chooses
// among the tags that the connector's configuration lists, and can name nothing else.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const queryHistorian = connectorAction({
	name: 'query_historian',
	params: z.strictObject({
		about: z.string().min(1).max(200),
		/** A moment, ISO 8601; left out, now. */
		around: z.string().max(40).optional(),
	}),
	undo: { none: 'reading changes nothing' },
});
