// Says what Slack would say about a modal or an App Home: its frame here, its blocks in check-blocks.ts. Pure.

import { blockFaults } from './check-blocks.ts';
import { plainText } from './check-elements.ts';
import { anything, type Fields, flag, type Report, shape, text, typed } from './check-shape.ts';
import { asObjects, isObject } from './json.ts';
import { CALLBACK_ID_MAX, EXTERNAL_ID_MAX, MODAL_BUTTON_MAX, MODAL_TITLE_MAX, PRIVATE_METADATA_MAX } from './limits.ts';

const shared: Fields = {
	private_metadata: text(PRIVATE_METADATA_MAX, 0),
	callback_id: text(CALLBACK_ID_MAX, 0),
	external_id: text(EXTERNAL_ID_MAX, 0),
};

const frame = typed({
	modal: shape(
		{ title: plainText(MODAL_TITLE_MAX), blocks: anything },
		{
			...shared,
			submit: plainText(MODAL_BUTTON_MAX),
			close: plainText(MODAL_BUTTON_MAX),
			clear_on_close: flag,
			notify_on_close: flag,
			submit_disabled: flag,
		},
	),
	home: shape({ blocks: anything }, shared),
});

/** The faults of a view, addressed from `/view`; a modal with an input block needs a submit button, as Slack insists. */
export function viewFaults(view: unknown, expected: 'modal' | 'home'): string[] {
	if (!isObject(view)) return ['[ERROR] must provide an object [json-pointer:/view]'];
	const faults: string[] = [];
	const report: Report = (message, path) => faults.push(`[ERROR] ${message} [json-pointer:${path}]`);
	if (view['type'] !== expected) report(`must be a valid enum value: ${expected}`, '/view/type');
	else frame(view, '/view', report);
	faults.push(...blockFaults(view['blocks'], expected, '/view/blocks'));
	const hasInput = asObjects(view['blocks']).some((block) => block['type'] === 'input');
	if (expected === 'modal' && hasInput && view['submit'] === undefined) {
		report('submit is required when an input block is within blocks', '/view');
	}
	return faults;
}
