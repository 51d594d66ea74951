// Action `unblock_indicator`: the block of one external address, domain or URL is taken back.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const unblockIndicator = connectorAction({
	name: 'unblock_indicator',
	params: z.strictObject({ indicator: z.string().min(1).max(255), comment: z.string().max(300).optional() }),
	undo: { by: 'block_indicator' },
});
