// Action `open_ticket`: one call to the ticket system's HTTP interface.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const openTicket = connectorAction({
	name: 'open_ticket',
	params: z.strictObject({
		summary: z.string().min(1).max(500),
		text: z.string().max(2_000).optional(),
		queue: z.string().max(80).optional(),
	}),
	undo: { none: 'people close tickets' },
});
