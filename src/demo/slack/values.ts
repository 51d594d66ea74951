// What people choose and type, as Slack reports it: `view.state.values`, message state, the `actions` of a click; and the
// fields' own rules (required, length, form). Raw values are texts, or lists of texts. Pure.
import { elementsIn } from './check-blocks.ts';
import { asList, asObject, asObjects, asText, isObject, type JsonObject, textOf } from './json.ts';

export type RawValue = string | readonly string[] | null;
export type RawValues = { readonly [blockId: string]: { readonly [actionId: string]: RawValue } };

function optionsOf(element: JsonObject): readonly JsonObject[] {
	if (element['options'] !== undefined) return asObjects(element['options']);
	return asObjects(element['option_groups']).flatMap((group) => asObjects(group['options']));
}

/** The value that an element starts with, as the bot set it. */
function initialValue(element: JsonObject): RawValue {
	const option = element['initial_option'];
	if (isObject(option)) return textOf(option, 'value');
	if (Array.isArray(element['initial_options']))
		return asObjects(element['initial_options']).map((one) => textOf(one, 'value'));
	if (Array.isArray(element['initial_users'])) return asList(element['initial_users']).map(asText);
	const keys = [
		'initial_value',
		'initial_user',
		'initial_channel',
		'initial_conversation',
		'initial_date',
		'initial_time',
	];
	for (const key of keys) if (typeof element[key] === 'string') return asText(element[key]);
	const moment = element['initial_date_time'];
	return typeof moment === 'number' ? String(moment) : null;
}

function isStateful(element: JsonObject): boolean {
	return element['type'] !== 'button' && element['type'] !== 'overflow';
}

function one(raw: RawValue): string | null {
	const value = typeof raw === 'string' ? raw : (raw?.[0] ?? null);
	return value === '' ? null : value;
}

function many(raw: RawValue): readonly string[] {
	return typeof raw === 'string' ? (raw === '' ? [] : [raw]) : (raw ?? []);
}

function optionWith(element: JsonObject, value: string | null): JsonObject | null {
	return value === null ? null : (optionsOf(element).find((option) => textOf(option, 'value') === value) ?? null);
}

/** One element's value in Slack's form, such as `{type: 'static_select', selected_option: {...}}`. */
export function slackValue(element: JsonObject, raw: RawValue): JsonObject {
	const type = asText(element['type']);
	switch (type) {
		case 'static_select':
		case 'radio_buttons':
		case 'overflow':
			return { type, selected_option: optionWith(element, one(raw)) };
		case 'multi_static_select':
		case 'checkboxes':
			return { type, selected_options: many(raw).flatMap((value) => optionWith(element, value) ?? []) };
		case 'users_select':
			return { type, selected_user: one(raw) };
		case 'multi_users_select':
			return { type, selected_users: many(raw) };
		case 'channels_select':
			return { type, selected_channel: one(raw) };
		case 'conversations_select':
			return { type, selected_conversation: one(raw) };
		case 'datepicker':
			return { type, selected_date: one(raw) };
		case 'timepicker':
			return { type, selected_time: one(raw) };
		case 'datetimepicker': {
			const value = one(raw);
			return { type, selected_date_time: value === null ? null : Number(value) };
		}
		default:
			return { type, value: one(raw) };
	}
}

/** The raw value of an element: what was typed, else what the bot set. */
export function rawOf(block: JsonObject, element: JsonObject, values: RawValues): RawValue {
	const ofBlock = values[textOf(block, 'block_id')];
	const actionId = textOf(element, 'action_id');
	const typed = ofBlock && Object.hasOwn(ofBlock, actionId) ? ofBlock[actionId] : undefined;
	return typed === undefined ? initialValue(element) : typed;
}

/** `state.values` of a view or message: every stateful element by block_id and action_id. */
export function stateValues(blocks: readonly JsonObject[], values: RawValues): JsonObject {
	const state: { [blockId: string]: { [actionId: string]: JsonObject } } = {};
	for (const block of blocks) {
		for (const element of elementsIn(block)) {
			if (!isStateful(element)) continue;
			const blockId = textOf(block, 'block_id');
			state[blockId] = {
				...state[blockId],
				[textOf(element, 'action_id')]: slackValue(element, rawOf(block, element, values)),
			};
		}
	}
	return state;
}

/**
 * Spreads values that a caller names by action_id or block_id, or by both nested, over the blocks' own addresses.
 * A name that fits no field is returned in `unknown`, so that a test that misspells one is told.
 */
export function spreadValues(
	blocks: readonly JsonObject[],
	given: { readonly [name: string]: unknown },
): { readonly values: RawValues; readonly unknown: readonly string[] } {
	const values: { [blockId: string]: { [actionId: string]: RawValue } } = {};
	const used = new Set<string>();
	for (const block of blocks) {
		const blockId = textOf(block, 'block_id');
		for (const element of elementsIn(block).filter(isStateful)) {
			const actionId = textOf(element, 'action_id');
			const nested = given[blockId];
			const name = isObject(nested) || Object.hasOwn(given, blockId) ? blockId : actionId;
			const found = isObject(nested) ? nested[actionId] : given[name];
			if (Object.hasOwn(given, name)) used.add(name);
			if (found !== undefined) values[blockId] = { ...values[blockId], [actionId]: toRaw(found) };
		}
	}
	return { values, unknown: Object.keys(given).filter((name) => !used.has(name)) };
}

function toRaw(value: unknown): RawValue {
	if (Array.isArray(value)) return value.map((entry) => String(entry));
	return value === null || value === undefined ? null : String(value);
}

/** What the page itself refuses before the bot is asked, by block_id, in Slack's words. */
export function fieldErrors(blocks: readonly JsonObject[], values: RawValues): { [blockId: string]: string } {
	const errors: { [blockId: string]: string } = {};
	for (const block of blocks) {
		if (block['type'] !== 'input') continue;
		const element = asObject(block['element']);
		const raw = rawOf(block, element, values);
		const error =
			many(raw).length === 0
				? block['optional'] === true
					? null
					: 'Please complete this required field.'
				: formError(element, raw);
		if (error !== null) errors[textOf(block, 'block_id')] = error;
	}
	return errors;
}

function formError(element: JsonObject, raw: RawValue): string | null {
	const value = one(raw) ?? '';
	const { min_length: min, max_length: max } = element;
	switch (element['type']) {
		case 'plain_text_input':
			if (typeof min === 'number' && value.length < min) return `Must be at least ${min} characters.`;
			if (typeof max === 'number' && value.length > max) return `Must be at most ${max} characters.`;
			return null;
		case 'number_input':
			return numberError(element, value);
		case 'email_text_input':
			return /^[^\s@]+@[^\s@]+$/.test(value) ? null : 'Please enter a valid email address.';
		case 'url_text_input':
			return URL.canParse(value) ? null : 'Please enter a valid URL.';
		case 'datepicker':
			return /^\d{4}-\d{2}-\d{2}$/.test(value) ? null : 'Please enter a date as YYYY-MM-DD.';
		case 'static_select':
		case 'radio_buttons':
			return optionWith(element, value) === null ? 'Please choose one of the options.' : null;
		default:
			return null;
	}
}

function numberError(element: JsonObject, value: string): string | null {
	const number = Number(value);
	if (!Number.isFinite(number)) return 'Please enter a number.';
	if (element['is_decimal_allowed'] !== true && !Number.isInteger(number)) return 'Please enter a whole number.';
	const { min_value: min, max_value: max } = element;
	if (typeof min === 'string' && number < Number(min)) return `Must be at least ${min}.`;
	if (typeof max === 'string' && number > Number(max)) return `Must be at most ${max}.`;
	return null;
}
