// What a message may carry, checked once for every way to post it: chat.*, response_url, an answer to a command. Pure.
import { SlackApiError } from './api-error.ts';
import { blockFaults, textLength, withIds } from './check-blocks.ts';
import { asList, asObject, asObjects, isObject, type JsonObject } from './json.ts';
import { BLOCKS_TEXT_TOTAL_MAX, MESSAGE_TEXT_MAX } from './limits.ts';

export type Content = { readonly text: string; readonly blocks: JsonObject[]; readonly attachments: JsonObject[] };

/**
 * Checks text, blocks and attachments against Slack's rules and adds the ids that Slack adds.
 *
 * @throws SlackApiError no_text, msg_too_long, invalid_blocks, msg_blocks_too_long, invalid_attachments
 */
export function checkContent(
	parts: { readonly text: string; readonly blocks: unknown; readonly attachments: unknown },
	nextId: () => string,
): Content {
	if (parts.text.length > MESSAGE_TEXT_MAX) throw new SlackApiError('msg_too_long');
	const blocks = parts.blocks === undefined ? [] : checkBlocks(parts.blocks, '/blocks', nextId);
	const attachments = checkAttachments(parts.attachments, nextId);
	const total = textLength(blocks) + attachments.reduce((sum, attachment) => sum + textLength(attachment['blocks']), 0);
	if (total > BLOCKS_TEXT_TOTAL_MAX) throw new SlackApiError('msg_blocks_too_long');
	if (parts.text.trim() === '' && blocks.length === 0 && attachments.length === 0) throw new SlackApiError('no_text');
	return { text: parts.text, blocks, attachments };
}

function checkBlocks(blocks: unknown, path: string, nextId: () => string): JsonObject[] {
	const faults = blockFaults(blocks, 'message', path);
	if (faults.length > 0) throw new SlackApiError('invalid_blocks', faults);
	return withIds(blocks, nextId);
}

function checkAttachments(attachments: unknown, nextId: () => string): JsonObject[] {
	if (attachments === undefined) return [];
	if (!Array.isArray(attachments) || !attachments.every(isObject)) throw new SlackApiError('invalid_attachments');
	return asObjects(attachments).map((attachment, at) => ({
		...attachment,
		...(attachment['blocks'] === undefined
			? {}
			: { blocks: checkBlocks(attachment['blocks'], `/attachments/${at}/blocks`, nextId) }),
	}));
}

/** `{event_type, event_payload}` as Slack wants it. @throws SlackApiError invalid_metadata_format */
export function checkMetadata(metadata: unknown): JsonObject | null {
	if (metadata === undefined) return null;
	const { event_type: type, event_payload: payload } = asObject(metadata);
	if (typeof type !== 'string' || type === '' || !isObject(payload)) throw new SlackApiError('invalid_metadata_format');
	for (const value of Object.values(payload)) {
		const isFlat = !Array.isArray(value) || asList(value).every((entry) => !Array.isArray(entry));
		if (!isFlat) throw new SlackApiError('invalid_metadata_format');
	}
	return { event_type: type, event_payload: payload };
}
