// Block Kit, the small part of it that Interlock uses: rich_text and plain_text only, never mrkdwn, so that no text is ever read as markup.
// Limits: reference section 5 (type comments of @slack/types; bolt-js issue 2509 for the hidden total). Pure.
import { canonicalHash } from '../domain/canonical.ts';
import type { Json } from '../domain/entry.ts';
import type { Instant } from '../domain/time.ts';
import { toIso } from '../domain/time.ts';
import { cut, escapeMrkdwn } from './text.ts';

const BLOCKS_PER_MESSAGE_MAX = 50;
export const BLOCKS_PER_VIEW_MAX = 100;
const HEADER_MAX = 150;
/** All text of one message: it fails somewhere above 13,000, below every documented limit. */
const MESSAGE_TOTAL_MAX = 12_000;
const FALLBACK_MAX = 3_000;
const BUTTON_TEXT_MAX = 75;
export const MODAL_TITLE_MAX = 24;
export const OPTION_TEXT_MAX = 75;
export const OPTIONS_MAX = 10;
export const REASON_MAX = 2_000;
/** Written instructions: all that a playbook may hold (domain/playbook-step.ts), and what making them safe to show adds. Their lines are never counted. */
export const INSTRUCTIONS_MAX = 3_000;

export type JsonObject = { readonly [key: string]: Json | undefined };
export type Block = JsonObject & { readonly type: string };
export type Inline = JsonObject & { readonly type: string };

/** A message as it is posted and edited: blocks and the text that notifications and screen readers use. */
export type Message = { readonly text: string; readonly blocks: readonly Block[] };

export function header(text: string): Block {
	return { type: 'header', text: { type: 'plain_text', text: cut(text, HEADER_MAX), emoji: false } };
}

export function bold(text: string): Inline {
	return { type: 'text', text, style: { bold: true } };
}

export function code(text: string): Inline {
	return { type: 'text', text, style: { code: true } };
}

export function plain(text: string): Inline {
	return { type: 'text', text };
}

/** An instant in the reader's own time zone, with UTC for those whose client cannot. */
export function date(at: Instant): Inline {
	return {
		type: 'date',
		timestamp: Math.min(9_999_999_999, Math.max(0, Math.floor(at / 1000))),
		format: '{date_num} {time_secs}',
		fallback: `${toIso(at).slice(0, 19)}Z`,
	};
}

/** Inlines without text are left out: Slack refuses empty ones. */
export function rich(...lines: readonly (readonly Inline[])[]): Block {
	const elements = lines.map((line, at) => ({
		type: 'rich_text_section',
		elements: [...line.filter(isFull), ...(at < lines.length - 1 ? [plain('\n')] : [])],
	}));
	return { type: 'rich_text', elements };
}

export function bullets(lines: readonly (readonly Inline[])[]): Block {
	return {
		type: 'rich_text',
		elements: [
			{
				type: 'rich_text_list',
				style: 'bullet',
				elements: lines.map((line) => ({ type: 'rich_text_section', elements: line.filter(isFull) })),
			},
		],
	};
}

export function quote(text: string): Block {
	return { type: 'rich_text', elements: [{ type: 'rich_text_quote', elements: [plain(text === '' ? '-' : text)] }] };
}

function context(text: string): Block {
	return {
		type: 'context',
		elements: [{ type: 'plain_text', text: cut(text === '' ? '-' : text, 1_500), emoji: false }],
	};
}

export type ButtonSpec = {
	readonly text: string;
	/** The name of a file in buttons/. */
	readonly action: string;
	/** An opaque id and nothing else: the authority is the row, never the payload. */
	readonly value: string;
	readonly style?: 'primary' | 'danger';
	readonly label?: string;
};

export function actions(buttons: readonly ButtonSpec[]): Block {
	return {
		type: 'actions',
		elements: buttons.map((button) => ({
			type: 'button',
			text: { type: 'plain_text', text: cut(button.text, BUTTON_TEXT_MAX), emoji: false },
			action_id: button.action,
			value: button.value,
			...(button.style === undefined ? {} : { style: button.style }),
			...(button.label === undefined ? {} : { accessibility_label: cut(button.label, BUTTON_TEXT_MAX) }),
		})),
	};
}

function isFull(inline: Inline): boolean {
	return inline.type !== 'text' || inline['text'] !== '';
}

/** Characters of all text in the blocks: what Slack's hidden total counts. */
export function textLength(value: Json | undefined): number {
	if (Array.isArray(value)) return value.reduce((sum: number, item: Json) => sum + textLength(item), 0);
	if (value === null || typeof value !== 'object') return 0;
	let sum = 0;
	for (const [key, item] of Object.entries(value)) {
		sum += key === 'text' && typeof item === 'string' ? item.length : textLength(item);
	}
	return sum;
}

/**
 * A message that Slack takes. Blocks from the end that would go beyond 50 or beyond the total are left out and a last
 * line says so: what stands first matters most. Buttons (`actions` blocks) always stay.
 *
 * @param text the fallback, from text that already went through `shown`; it is escaped here
 * @param more where the rest can be read
 */
export function fitMessage(text: string, blocks: readonly Block[], more: string): Message {
	const fallback = cut(escapeMrkdwn(text), FALLBACK_MAX);
	const fixed = blocks.filter((block) => block.type === 'actions');
	let length = textLength(fixed) + more.length + 200;
	let number = fixed.length + 1;
	const kept: Block[] = [];
	let left = 0;
	for (const block of blocks) {
		const size = block.type === 'actions' ? 0 : textLength(block);
		const fits = block.type === 'actions' || (length + size <= MESSAGE_TOTAL_MAX && number < BLOCKS_PER_MESSAGE_MAX);
		if (!fits) {
			left++;
			continue;
		}
		if (block.type !== 'actions') {
			length += size;
			number++;
		}
		kept.push(block);
	}
	if (left > 0) kept.push(context(`Not all of it fits here. ${more}`));
	return { text: fallback === '' ? 'Interlock' : fallback, blocks: kept };
}

/** An answer to one person: `rich_text`, so that no mark in it is read; the fallback is for notifications only. */
export function plainReply(text: string): Message {
	const words = text.trim() === '' ? '-' : text;
	return { text: escapeMrkdwn(words), blocks: [rich([plain(words)])] };
}

/** Hash of what people would see: an edit with the same hash is not sent. */
export function messageHash(message: Message): string {
	return canonicalHash({ text: message.text, blocks: message.blocks });
}
