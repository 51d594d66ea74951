// Block Kit's composition objects and interactive elements with their limits, as rules. Pure.
// NOT here: which element may stand in which block (check-blocks.ts).

import {
	anyText,
	anything,
	type Fields,
	flag,
	integer,
	list,
	oneOf,
	pattern,
	type Rule,
	shape,
	text,
	typed,
} from './check-shape.ts';
import { asObject, isObject } from './json.ts';
import {
	ACCESSIBILITY_LABEL_MAX,
	ACTION_ID_MAX,
	BUTTON_TEXT_MAX,
	BUTTON_URL_MAX,
	BUTTON_VALUE_MAX,
	CHOICE_OPTIONS_MAX,
	CONFIRM_BUTTON_MAX,
	CONFIRM_TEXT_MAX,
	CONFIRM_TITLE_MAX,
	IMAGE_TEXT_MAX,
	IMAGE_URL_MAX,
	INPUT_LENGTH_MAX,
	OPTION_GROUPS_MAX,
	OPTION_TEXT_MAX,
	OPTION_VALUE_MAX,
	OVERFLOW_OPTIONS_MAX,
	PLACEHOLDER_MAX,
	SELECT_OPTIONS_MAX,
} from './limits.ts';

export function plainText(max: number): Rule {
	return typed({ plain_text: shape({ text: text(max) }, { emoji: flag }) });
}

export function anyTextObject(max: number): Rule {
	return typed({
		plain_text: shape({ text: text(max) }, { emoji: flag }),
		mrkdwn: shape({ text: text(max) }, { verbatim: flag }),
	});
}

const confirm: Rule = shape(
	{
		title: plainText(CONFIRM_TITLE_MAX),
		text: anyTextObject(CONFIRM_TEXT_MAX),
		confirm: plainText(CONFIRM_BUTTON_MAX),
		deny: plainText(CONFIRM_BUTTON_MAX),
	},
	{ style: oneOf('primary', 'danger') },
);

function option(label: (max: number) => Rule): Rule {
	return shape(
		{ text: label(OPTION_TEXT_MAX), value: text(OPTION_VALUE_MAX, 0) },
		{ description: label(OPTION_TEXT_MAX), url: text(BUTTON_URL_MAX) },
	);
}
const plainOption = option(plainText);
const richOption = option(anyTextObject);
const optionGroup = shape({ label: plainText(OPTION_TEXT_MAX), options: list(plainOption, 1, SELECT_OPTIONS_MAX) });

const eitherOptionsOrGroups: Rule = (value, path, report) => {
	const { options, option_groups: groups } = asObject(value);
	if ((options === undefined) === (groups === undefined)) report('must define either options or option_groups', path);
};

const named: Fields = { action_id: text(ACTION_ID_MAX), confirm, focus_on_load: flag };
const asked: Fields = { ...named, placeholder: plainText(PLACEHOLDER_MAX) };
const DATE = pattern(/^\d{4}-\d{2}-\d{2}$/, 'YYYY-MM-DD');
const TIME = pattern(/^\d{2}:\d{2}$/, 'HH:mm');
const multi: Fields = { ...asked, max_selected_items: integer(1, 1000) };
const typing: Fields = { trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), 1, 2) };

function select(extra: Fields): Rule {
	return (value, path, report) => {
		shape({}, { ...asked, ...extra })(value, path, report);
	};
}

function staticSelect(extra: Fields): Rule {
	const rule = select({
		options: list(plainOption, 1, SELECT_OPTIONS_MAX),
		option_groups: list(optionGroup, 1, OPTION_GROUPS_MAX),
		...extra,
	});
	return (value, path, report) => {
		rule(value, path, report);
		eitherOptionsOrGroups(value, path, report);
	};
}

const typedText: Fields = {
	...asked,
	initial_value: anyText,
	dispatch_action_config: shape({}, typing),
};

/** Slack's order of inputs: a longest length below the shortest is a mistake of the bot. */
const plainTextInput: Rule = (value, path, report) => {
	shape(
		{},
		{
			...typedText,
			multiline: flag,
			min_length: integer(0, INPUT_LENGTH_MAX),
			max_length: integer(1, INPUT_LENGTH_MAX),
		},
	)(value, path, report);
	const { min_length: min, max_length: max } = asObject(value);
	if (typeof min === 'number' && typeof max === 'number' && min > max)
		report('min_length must not exceed max_length', path);
};

const imageSource: Rule = (value, path, report) => {
	const { image_url: url, slack_file: file } = asObject(value);
	if ((url === undefined) === (file === undefined)) report('must define either image_url or slack_file', path);
};
export const imageFields: Fields = { image_url: text(IMAGE_URL_MAX), slack_file: anything };
export const image: Rule = (value, path, report) => {
	shape({ alt_text: text(IMAGE_TEXT_MAX) }, imageFields)(value, path, report);
	imageSource(value, path, report);
};

/** Every element that the stand-in knows, by its type. External selects are left out: they need a request of their own. */
const ELEMENTS: { readonly [type: string]: Rule } = {
	button: shape(
		{ text: plainText(BUTTON_TEXT_MAX) },
		{
			action_id: text(ACTION_ID_MAX),
			confirm,
			url: text(BUTTON_URL_MAX),
			value: text(BUTTON_VALUE_MAX, 0),
			style: oneOf('primary', 'danger'),
			accessibility_label: text(ACCESSIBILITY_LABEL_MAX),
		},
	),
	static_select: staticSelect({ initial_option: plainOption }),
	multi_static_select: staticSelect({
		initial_options: list(plainOption, 1, SELECT_OPTIONS_MAX),
		max_selected_items: integer(1, 1000),
	}),
	users_select: select({ initial_user: anyText }),
	multi_users_select: select({ ...multi, initial_users: list(anyText, 0, SELECT_OPTIONS_MAX) }),
	channels_select: select({ initial_channel: anyText, response_url_enabled: flag }),
	conversations_select: select({
		initial_conversation: anyText,
		default_to_current_conversation: flag,
		response_url_enabled: flag,
		filter: anything,
	}),
	overflow: shape({ options: list(richOption, 1, OVERFLOW_OPTIONS_MAX) }, { action_id: text(ACTION_ID_MAX), confirm }),
	checkboxes: shape(
		{ options: list(richOption, 1, CHOICE_OPTIONS_MAX) },
		{ ...named, initial_options: list(richOption, 1, CHOICE_OPTIONS_MAX) },
	),
	radio_buttons: shape({ options: list(richOption, 1, CHOICE_OPTIONS_MAX) }, { ...named, initial_option: richOption }),
	datepicker: shape({}, { ...asked, initial_date: DATE }),
	timepicker: shape({}, { ...asked, initial_time: TIME, timezone: anyText }),
	datetimepicker: shape({}, { ...named, initial_date_time: integer(0, 9_999_999_999) }),
	plain_text_input: plainTextInput,
	email_text_input: shape({}, typedText),
	url_text_input: shape({}, typedText),
	number_input: shape({ is_decimal_allowed: flag }, { ...typedText, min_value: anyText, max_value: anyText }),
	image,
};

export function elementsOf(...types: readonly string[]): Rule {
	const known: { [type: string]: Rule } = {};
	for (const type of types) {
		const rule = ELEMENTS[type];
		if (rule) known[type] = rule;
	}
	return typed(known);
}

/** True for elements that a person can act on: they carry an action_id, which Slack makes up where it is missing. */
export function isInteractive(element: unknown): boolean {
	return (
		isObject(element) &&
		typeof element['type'] === 'string' &&
		element['type'] !== 'image' &&
		Object.hasOwn(ELEMENTS, element['type'])
	);
}
