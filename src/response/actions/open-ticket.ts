// Action `open_ticket`: one call of the ticket system.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const openTicket = connectorAction({
	name: 'open_ticket',
	params: z.strictObject({
		summary: z.string().min(1).max(500),
		text: z.string().max(2_000).optional(),
		/** `'{severity}'` in a playbook: what it means at the desk is the connector's configuration. */
		severity: z.string().max(40).optional(),
		queue: z.string().max(80).optional(),
	}),
	undo: { none: 'people close tickets' },
});
