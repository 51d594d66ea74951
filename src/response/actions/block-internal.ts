// Action `block_internal`: the enterprise firewall blocks one host of the business network (row N02).
import { z } from 'zod';
import { connectorAction } from './action.ts';

/** The host is the step's target, by its addresses in the inventory: no parameter can name another. */
export const blockInternal = connectorAction({
	name: 'block_internal',
	params: z.strictObject({ comment: z.string().max(300).optional() }),
	undo: { by: 'unblock_internal' },
});
