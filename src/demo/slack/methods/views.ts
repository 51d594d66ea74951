// views.*: the modals and App Homes that a bot shows.
import { SlackApiError } from '../api-error.ts';
import { viewFaults } from '../check-view.ts';
import { asObject, type JsonObject } from '../json.ts';
import { type View, type Views, viewJson } from '../views.ts';
import type { Call, Method } from './call.ts';

/** @throws SlackApiError invalid_arguments with Slack's messages */
export function checkedView(content: unknown, kind: 'modal' | 'home'): JsonObject {
	const faults = viewFaults(content, kind);
	if (faults.length > 0) throw new SlackApiError('invalid_arguments', faults);
	return asObject(content);
}

function contentOf(call: Call, kind: 'modal' | 'home'): JsonObject {
	const content = call.args.json('view', 'invalid_arguments');
	if (content === undefined) throw new SlackApiError('invalid_arguments', ['[ERROR] missing required field: view']);
	return checkedView(content, kind);
}

function checkExternalId(views: Views, content: JsonObject, self?: View): void {
	const externalId = content['external_id'];
	const taken = typeof externalId === 'string' ? views.find('', externalId) : undefined;
	if (taken && taken !== self) throw new SlackApiError('duplicate_external_id');
}

function answer(call: Call, view: View): JsonObject {
	return { ok: true, view: viewJson(call.workspace, view) };
}

const open: Method = (call) => {
	const triggerId = call.args.required('trigger_id');
	const content = contentOf(call, 'modal');
	call.views.checkTrigger(triggerId);
	checkExternalId(call.views, content);
	return answer(call, call.views.open(triggerId, content));
};

const push: Method = (call) => {
	const triggerId = call.args.required('trigger_id');
	const content = contentOf(call, 'modal');
	checkExternalId(call.views, content);
	return answer(call, call.views.push(triggerId, content));
};

const update: Method = (call) => {
	const view = call.views.find(call.args.text('view_id'), call.args.text('external_id'));
	if (!view) throw new SlackApiError('not_found');
	const content = contentOf(call, view.content['type'] === 'home' ? 'home' : 'modal');
	if (call.args.has('hash') && call.args.text('hash') !== view.hash) throw new SlackApiError('hash_conflict');
	checkExternalId(call.views, content, view);
	call.views.update(view, content);
	return answer(call, view);
};

const publish: Method = (call) => {
	const person = call.workspace.person(call.args.required('user_id'));
	const content = contentOf(call, 'home');
	if (!person) throw new SlackApiError('user_not_found');
	const shown = call.views.home(person.id);
	if (shown && call.args.has('hash') && call.args.text('hash') !== shown.hash) throw new SlackApiError('hash_conflict');
	return answer(call, call.views.publish(person.id, content));
};

export const VIEW_METHODS: { readonly [name: string]: Method } = {
	'views.open': open,
	'views.push': push,
	'views.update': update,
	'views.publish': publish,
};
