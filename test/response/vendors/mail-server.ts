// A mail server that was not written here (smtp-server, an RFC 5321 server), with the mailboxes open to see and faults to switch on.
import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export type Mailed = {
	readonly from: string;
	readonly to: readonly string[];
	/** The message as it came, headers and text. */
	readonly raw: string;
	/** What a mailbox shows. */
	readonly headers: Readonly<Record<string, string>>;
	readonly text: string;
	readonly isSecure: boolean;
	readonly user: string | null;
};

/** Where the server fails: with a reply at a command, by closing the connection, or by falling silent. `after` has the mail taken first. */
export type MailFault =
	| { readonly at: 'rcpt' | 'from' | 'data'; readonly code: number; readonly text: string }
	| { readonly at: 'data' | 'after'; readonly how: 'drop' | 'hang' };

export type MailServer = {
	readonly port: number;
	readonly mails: Mailed[];
	/** Connections that came. */
	connections: number;
	fault: ((nth: number) => MailFault | null) | null;
	close(): Promise<void>;
};

type Tls = { readonly key: string; readonly cert: string };

export async function startMailServer({
	tls = null,
	isImplicit = false,
	users = null,
}: {
	readonly tls?: Tls | null;
	readonly isImplicit?: boolean;
	readonly users?: Readonly<Record<string, string>> | null;
} = {}): Promise<MailServer> {
	const sockets = new Set<Socket>();
	let attempts = 0;
	const faultAt = (at: MailFault['at']): MailFault | null => {
		const fault = mail.fault?.(attempts) ?? null;
		return fault?.at === at ? fault : null;
	};
	const reply = (fault: MailFault | null): Error | null =>
		fault !== null && 'code' in fault ? Object.assign(new Error(fault.text), { responseCode: fault.code }) : null;
	const options: SMTPServerOptions = {
		...(tls === null ? { hideSTARTTLS: true, disabledCommands: ['STARTTLS'] } : tls),
		secure: isImplicit,
		authOptional: users === null,
		...(users === null && tls === null ? { disabledCommands: ['AUTH', 'STARTTLS'] } : {}),
		disableReverseLookup: true,
		closeTimeout: 10,
		onAuth(auth, _session, done) {
			const isRight = auth.username !== undefined && users?.[auth.username] === auth.password;
			done(
				isRight ? null : Object.assign(new Error('no'), { responseCode: 535 }),
				isRight ? { user: auth.username } : undefined,
			);
		},
		onMailFrom(_address, _session, done) {
			attempts++;
			done(reply(faultAt('from')));
		},
		onRcptTo: (_address, _session, done) => done(reply(faultAt('rcpt'))),
		onData(stream, session, done) {
			const fault = faultAt('data') ?? faultAt('after');
			const parts: Buffer[] = [];
			const act = (): void => {
				if (fault !== null && 'how' in fault) {
					if (fault.how === 'drop') for (const socket of sockets) socket.destroy();
				} else done(reply(fault));
			};
			if (fault !== null && 'how' in fault && fault.at === 'data') {
				// In the middle of the message.
				stream.once('data', act);
				return;
			}
			stream.on('data', (part: Buffer) => parts.push(part));
			stream.on('end', () => {
				if (fault === null || fault.at === 'after')
					mail.mails.push(read(Buffer.concat(parts).toString('utf8'), session as never));
				act();
			});
		},
	};
	const server = new SMTPServer(options);
	server.on('error', () => undefined);
	server.server.on('connection', (socket: Socket) => {
		mail.connections++;
		sockets.add(socket);
		socket.on('close', () => sockets.delete(socket));
	});
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', () => ready()));
	const mail: MailServer = {
		port: (server.server.address() as AddressInfo).port,
		mails: [],
		connections: 0,
		fault: null,
		close: () =>
			new Promise((closed) => {
				for (const socket of sockets) socket.destroy();
				server.close(() => closed());
			}),
	};
	return mail;
}

type Session = {
	readonly envelope: {
		readonly mailFrom: { readonly address: string };
		readonly rcptTo: readonly { readonly address: string }[];
	};
	readonly secure: boolean;
	readonly user?: string;
};

function read(raw: string, session: Session): Mailed {
	const end = raw.indexOf('\r\n\r\n');
	const unfolded = raw.slice(0, end).replace(/\r\n[ \t]+/g, ' ');
	const headers = Object.fromEntries(
		unfolded.split('\r\n').map((line) => {
			const colon = line.indexOf(':');
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
		}),
	);
	const body = raw.slice(end + 4);
	const isQuoted = headers['content-transfer-encoding'] === 'quoted-printable';
	const isBase64 = headers['content-transfer-encoding'] === 'base64';
	return {
		from: session.envelope.mailFrom.address,
		to: session.envelope.rcptTo.map((one) => one.address),
		raw,
		headers,
		text: isQuoted ? unquoted(body) : isBase64 ? Buffer.from(body, 'base64').toString('utf8') : body,
		isSecure: session.secure,
		user: session.user ?? null,
	};
}

function unquoted(text: string): string {
	const bytes = text
		.replace(/=\r\n/g, '')
		.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
	return Buffer.from(bytes, 'latin1').toString('utf8');
}
