// Action `block_indicator`: an edge firewall blocks one external address, domain or URL; never anything of the plant (row N01).
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const blockIndicator = connectorAction({
	name: 'block_indicator',
	params: z.strictObject({ indicator: z.string().min(1).max(255), comment: z.string().max(300).optional() }),
	undo: { by: 'unblock_indicator' },
});
