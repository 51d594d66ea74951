// Where a secret may be sent.
import { describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { HttpsUrl } from '../../src/domain/https-url.ts';

describe('an address that a secret is sent to', () => {
	it.each([
		'https://plant.example',
		'https://plant.example:8443/api',
		'http://127.0.0.1:9',
		'http://localhost/x',
		'http://localhost',
		'http://[::1]:8080/',
	])('may be %s', (url) => {
		expect(HttpsUrl.safeParse(url).success).toBe(true);
	});

	it.each([
		'http://plant.example',
		'http://localhost.evil.example/',
		'http://127.0.0.1.evil.example',
		'http://localhost@evil.example/',
		'http://localhost:x@evil.example/',
		'http://127.0.0.1:80@evil.example/',
		'https://user:secret@plant.example/',
		'ftp://localhost/',
		'localhost',
		'',
	])('may not be %s', (url) => {
		expect(HttpsUrl.safeParse(url).success).toBe(false);
	});

	it('is held to that in a connector', () => {
		const config = { name: 'desk', kind: 'jira', project: 'SEC', auth: { type: 'api_token', user: 'u@plant.example' } };
		const of = (base_url: string) => ConnectorConfig.safeParse({ ...config, base_url }).success;
		expect([
			of('https://plant.atlassian.net'),
			of('http://localhost.evil.example'),
			of('http://localhost@evil.example'),
		]).toEqual([true, false, false]);
	});
});
