// Action `read_backup`: the last stored version of a controller's program before the incident (row R11). The step's target is the version server;
// `about` chooses among the programs that the connector's configuration lists, and can name nothing else.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const readBackup = connectorAction({
	name: 'read_backup',
	params: z.strictObject({
		about: z.string().min(1).max(200),
		/** A moment, ISO 8601; left out, now. */
		around: z.string().max(40).optional(),
	}),
	undo: { none: 'reading changes nothing' },
});
