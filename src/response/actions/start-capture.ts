// Action `start_capture`: a sensor that listens already records the packets of the step's target, and stops by itself (row R08).
import { z } from 'zod';
import { connectorAction } from './action.ts';

/** The host is the step's target, by its addresses in the inventory: no parameter can name another. */
export const startCapture = connectorAction({
	name: 'start_capture',
	params: z.strictObject({ duration_minutes: z.number().int().min(1).max(240).optional() }),
	undo: { none: 'it ends by itself' },
});
