// Action `end_session`: a gateway ends one remote session, and only that one.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const endSession = connectorAction({
	name: 'end_session',
	params: z.strictObject({
		session: z.string().min(1).max(200),
		reason: z.string().max(300).optional(),
		account: z.string().max(200).optional(),
	}),
	undo: { none: 'a session that has ended is opened again by the person, who has to log in' },
});
