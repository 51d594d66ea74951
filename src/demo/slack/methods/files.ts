// files.*: the three-step upload, without the processing that Slack does afterwards. The bytes are never shown as a page.
import { SlackApiError } from '../api-error.ts';
import { asObjects, textOf } from '../json.ts';
import { FILE_BYTES_MAX } from '../limits.ts';
import { type FileRecord, fileJson } from '../workspace.ts';
import { type Method, ownChannelOf } from './call.ts';

const FILES_PER_MESSAGE_MAX = 20;

const getUploadUrl: Method = (call) => {
	const name = call.args.required('filename');
	const length = Number(call.args.required('length'));
	if (!Number.isInteger(length) || length < 1)
		throw new SlackApiError('invalid_arguments', ['[ERROR] length must be greater than 0']);
	if (length > FILE_BYTES_MAX) throw new SlackApiError('file_upload_size_restricted');
	const id = call.workspace.nextId('F');
	call.workspace.files.set(id, { id, name, title: name, bytes: Buffer.alloc(0) });
	return { ok: true, file_id: id, upload_url: `${call.url}/upload/v1/${id}` };
};

const complete: Method = (call) => {
	const wanted = asObjects(call.args.json('files', 'invalid_arguments'));
	if (wanted.length === 0 || wanted.length > FILES_PER_MESSAGE_MAX)
		throw new SlackApiError('invalid_arguments', ['[ERROR] files: 1 to 20 items']);
	const files: FileRecord[] = wanted.map((entry) => {
		const found = call.workspace.files.get(textOf(entry, 'id'));
		if (!found) throw new SlackApiError('file_not_found');
		if (found.bytes.length === 0) throw new SlackApiError('file_upload_not_completed');
		return { ...found, title: textOf(entry, 'title') || found.title };
	});
	const channelArgument = call.args.has('channel_id') ? 'channel_id' : call.args.has('channels') ? 'channels' : null;
	if (channelArgument !== null) {
		const channel = ownChannelOf(call, channelArgument);
		const message = call.workspace.post(channel, {
			user: call.workspace.bot.userId,
			isFromBot: true,
			text: call.args.text('initial_comment'),
			threadTs: call.args.has('thread_ts') ? call.args.text('thread_ts') : null,
			files,
		});
		call.announce(message, 'posted');
	}
	return { ok: true, files: files.map(fileJson) };
};

export const FILE_METHODS: { readonly [name: string]: Method } = {
	'files.getUploadURLExternal': getUploadUrl,
	'files.completeUploadExternal': complete,
};
