// Action `isolate_host`: an EDR takes a host off the network; its own agent still reaches it, so it can be released.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const isolateHost = connectorAction({
	name: 'isolate_host',
	params: z.strictObject({ comment: z.string().max(300).optional(), device: z.string().max(200).optional() }),
	undo: { by: 'release_host' },
});
