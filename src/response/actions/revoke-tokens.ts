// Action `revoke_tokens`: a directory ends the sessions and tokens of an account, which then has to log in again.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const revokeTokens = connectorAction({
	name: 'revoke_tokens',
	params: z.strictObject({ account: z.string().min(1).max(200), comment: z.string().max(300).optional() }),
	undo: { none: 'a session that has ended is opened again by the person, who has to log in' },
});
