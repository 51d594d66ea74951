// Action `disable_account`: a directory lets an account log in no more; what it has open goes on until its tokens are revoked.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const disableAccount = connectorAction({
	name: 'disable_account',
	params: z.strictObject({ account: z.string().min(1).max(200), comment: z.string().max(300).optional() }),
	undo: { by: 'enable_account' },
});
