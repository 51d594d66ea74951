// Action `enable_vendor_account`: gives the account of a vendor back.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const enableVendorAccount = connectorAction({
	name: 'enable_vendor_account',
	params: z.strictObject({ account: z.string().min(1).max(200), comment: z.string().max(300).optional() }),
	undo: { by: 'disable_vendor_account' },
});
