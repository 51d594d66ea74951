// Says what Slack would say about an array of blocks: the faults, or the blocks with the ids that Slack adds. Pure.
// NOT here: what a view's frame needs (check-view.ts), what becomes of a fault (methods/*).

import { anyTextObject, elementsOf, image, imageFields, isInteractive, plainText } from './check-elements.ts';
import {
	anyText,
	anything,
	both,
	type Fields,
	flag,
	integer,
	list,
	oneOf,
	type Report,
	type Rule,
	shape,
	text,
	typed,
} from './check-shape.ts';
import { asList, asObject, asObjects, isObject, type JsonObject, textOf } from './json.ts';
import {
	ACTIONS_ELEMENTS_MAX,
	BLOCK_ID_MAX,
	BLOCKS_PER_MESSAGE_MAX,
	BLOCKS_PER_VIEW_MAX,
	CONTEXT_ELEMENTS_MAX,
	CONTEXT_TEXT_MAX,
	HEADER_TEXT_MAX,
	IMAGE_TEXT_MAX,
	INPUT_HINT_MAX,
	INPUT_LABEL_MAX,
	MARKDOWN_TEXT_MAX,
	SECTION_FIELD_TEXT_MAX,
	SECTION_FIELDS_MAX,
	SECTION_TEXT_MAX,
	TABLE_CELLS_MAX,
	TABLE_ROWS_MAX,
} from './limits.ts';

export type Surface = 'message' | 'modal' | 'home';

const id: Fields = { block_id: text(BLOCK_ID_MAX) };
const PICKERS = [
	'static_select',
	'multi_static_select',
	'users_select',
	'multi_users_select',
	'channels_select',
	'conversations_select',
	'checkboxes',
	'radio_buttons',
	'datepicker',
	'timepicker',
] as const;
const TYPED = ['plain_text_input', 'email_text_input', 'url_text_input', 'number_input', 'datetimepicker'] as const;

const section: Rule = (value, path, report) => {
	shape(
		{},
		{
			...id,
			text: anyTextObject(SECTION_TEXT_MAX),
			fields: list(anyTextObject(SECTION_FIELD_TEXT_MAX), 1, SECTION_FIELDS_MAX),
			accessory: elementsOf('button', 'overflow', 'image', ...PICKERS),
			expand: flag,
		},
	)(value, path, report);
	const { text: main, fields } = asObject(value);
	if (main === undefined && fields === undefined) report('missing required field: text or fields', path);
};

const contextElement = typed({
	plain_text: shape({ text: text(CONTEXT_TEXT_MAX) }, { emoji: flag }),
	mrkdwn: shape({ text: text(CONTEXT_TEXT_MAX) }, { verbatim: flag }),
	image,
});

const style: Rule = shape(
	{},
	{
		bold: flag,
		italic: flag,
		strike: flag,
		code: flag,
		underline: flag,
		highlight: flag,
		client_highlight: flag,
		unlink: flag,
	},
);
const richElement = typed({
	text: shape({ text: text(Number.MAX_SAFE_INTEGER) }, { style }),
	link: shape({ url: anyText }, { text: anyText, style, unsafe: flag }),
	user: shape({ user_id: anyText }, { style }),
	usergroup: shape({ usergroup_id: anyText }, { style }),
	channel: shape({ channel_id: anyText }, { style }),
	emoji: shape({ name: anyText }, { unicode: anyText, url: anyText, display_url: anyText, skin_tone: anything, style }),
	broadcast: shape({ range: oneOf('here', 'channel', 'everyone') }, { style }),
	date: shape({ timestamp: integer(0, 9_999_999_999), format: anyText }, { url: anyText, fallback: anyText, style }),
	color: shape({ value: anyText }, { style }),
});
const richElements = list(richElement, 0, 1_000);
const border = integer(0, 1);
const richSection = shape({ elements: richElements });
const richTextElement = typed({
	rich_text_section: richSection,
	rich_text_quote: shape({ elements: richElements }, { border }),
	rich_text_preformatted: shape({ elements: richElements }, { border, language: anyText }),
	rich_text_list: shape(
		{ elements: list(typed({ rich_text_section: richSection }), 0, 1_000), style: oneOf('bullet', 'ordered') },
		{ indent: integer(0, 8), offset: integer(0, 10_000), border },
	),
});
const richText = shape({ elements: list(richTextElement, 0, 1_000) }, id);
const cell = typed({
	raw_text: shape({ text: anyText }),
	raw_number: shape({ value: anything }, { text: anyText }),
	rich_text: richText,
});

const imageBlock: Rule = both(
	shape({ alt_text: text(IMAGE_TEXT_MAX) }, { ...id, ...imageFields, title: plainText(IMAGE_TEXT_MAX) }),
	(value, path, report) => {
		const { image_url: url, slack_file: file } = asObject(value);
		if ((url === undefined) === (file === undefined)) report('must define either image_url or slack_file', path);
	},
);

const BLOCKS: { readonly [type: string]: Rule } = {
	header: shape({ text: plainText(HEADER_TEXT_MAX) }, id),
	section,
	divider: shape({}, id),
	context: shape({ elements: list(contextElement, 1, CONTEXT_ELEMENTS_MAX) }, id),
	actions: shape(
		{ elements: list(elementsOf('button', 'overflow', 'datetimepicker', ...PICKERS), 1, ACTIONS_ELEMENTS_MAX) },
		id,
	),
	input: shape(
		{ label: plainText(INPUT_LABEL_MAX), element: elementsOf(...PICKERS, ...TYPED) },
		{ ...id, hint: plainText(INPUT_HINT_MAX), optional: flag, dispatch_action: flag },
	),
	image: imageBlock,
	rich_text: richText,
};
const MESSAGE_ONLY: { readonly [type: string]: Rule } = {
	markdown: shape({ text: text(MARKDOWN_TEXT_MAX) }, id),
	table: shape(
		{ rows: list(list(cell, 1, TABLE_CELLS_MAX), 1, TABLE_ROWS_MAX) },
		{ ...id, column_settings: list(anything, 0, TABLE_CELLS_MAX) },
	),
};
const inMessage = list(typed({ ...BLOCKS, ...MESSAGE_ONLY }), 0, BLOCKS_PER_MESSAGE_MAX);
const inView = list(typed(BLOCKS), 0, BLOCKS_PER_VIEW_MAX);

/** All interactive elements of a block, in the order in which they are shown. */
export function elementsIn(block: JsonObject): readonly JsonObject[] {
	const found = [
		block['accessory'],
		block['element'],
		...(block['type'] === 'actions' ? asList(block['elements']) : []),
	];
	return found.filter(isObject).filter(isInteractive);
}

function checkIds(blocks: readonly unknown[], path: string, report: Report): void {
	const blockIds = new Set<string>();
	for (const [at, block] of asObjects(blocks).entries()) {
		const blockId = textOf(block, 'block_id');
		if (blockId !== '' && blockIds.has(blockId))
			report(`\`block_id\` "${blockId}" already exists for another block`, `${path}/${at}/block_id`);
		blockIds.add(blockId);
		const actionIds = new Set<string>();
		for (const element of elementsIn(block)) {
			const actionId = textOf(element, 'action_id');
			if (actionId !== '' && actionIds.has(actionId))
				report(`\`action_id\` "${actionId}" already exists for another element`, `${path}/${at}`);
			actionIds.add(actionId);
		}
	}
}

/**
 * The faults of an array of blocks, worded and addressed as Slack does:
 * `[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]`. Empty where Slack would take it.
 *
 * @param path where the array stands in the request, for the pointer (`/blocks`, `/view/blocks`)
 */
export function blockFaults(blocks: unknown, surface: Surface, path: string): string[] {
	const faults: string[] = [];
	const report: Report = (message, at) => faults.push(`[ERROR] ${message} [json-pointer:${at}]`);
	(surface === 'message' ? inMessage : inView)(blocks, path, report);
	checkIds(asList(blocks), path, report);
	return faults;
}

/** Characters of all text in the blocks: Slack's undocumented total counts them (issue bolt-js 2509). */
export function textLength(value: unknown): number {
	if (Array.isArray(value)) return value.reduce((sum: number, entry) => sum + textLength(entry), 0);
	if (!isObject(value)) return 0;
	let sum = 0;
	for (const [key, entry] of Object.entries(value)) {
		if (key === 'text' && typeof entry === 'string') sum += entry.length;
		else sum += textLength(entry);
	}
	return sum;
}

/** The blocks as Slack gives them back: with a block_id and an action_id where the bot left them out. */
export function withIds(blocks: unknown, nextId: () => string): JsonObject[] {
	const named = (element: unknown): unknown =>
		isObject(element) && isInteractive(element) && element['action_id'] === undefined
			? { ...element, action_id: nextId() }
			: element;
	return asObjects(blocks).map((block) => ({
		...block,
		...(block['block_id'] === undefined ? { block_id: nextId() } : {}),
		...(block['accessory'] === undefined ? {} : { accessory: named(block['accessory']) }),
		...(block['element'] === undefined ? {} : { element: named(block['element']) }),
		...(block['type'] === 'actions' ? { elements: asList(block['elements']).map(named) } : {}),
	}));
}
