// Action `disable_vendor_account`: the remote account of a vendor or contractor logs in no more.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const disableVendorAccount = connectorAction({
	name: 'disable_vendor_account',
	params: z.strictObject({ account: z.string().min(1).max(200), comment: z.string().max(300).optional() }),
	undo: { by: 'enable_vendor_account' },
});
