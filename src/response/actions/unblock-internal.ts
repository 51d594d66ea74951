// Action `unblock_internal`: the block of one host of the business network is taken back.
import { z } from 'zod';
import { connectorAction } from './action.ts';

/** The host is the step's target, by its addresses in the inventory: no parameter can name another. */
export const unblockInternal = connectorAction({
	name: 'unblock_internal',
	params: z.strictObject({ comment: z.string().max(300).optional() }),
	undo: { by: 'block_internal' },
});
