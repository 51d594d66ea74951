// Action `enable_account`: gives a disabled account back.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const enableAccount = connectorAction({
	name: 'enable_account',
	params: z.strictObject({ account: z.string().min(1).max(200), comment: z.string().max(300).optional() }),
	undo: { by: 'disable_account' },
});
