import type { Expected } from './expected.ts';

export const monitoring: Expected = {
	// Legacy alerts carry no time and no severity.
	'grafana/01-grafana-alert-alerting.json': [null, null, null],
	'grafana/02-grafana-alert-ok.json': [null, null, null],
	'grafana/03-grafana-v12-test.json': [null, null, '2026-05-05T13:04:57.622Z'],
	'azure-monitor/01-classic-metric-alert-2.json': [null, null, '2015-09-18T01:02:35.819Z'],
	'azure-monitor/02-new-metric-alert-1.json': [null, null, '2018-02-28T10:44:10.171Z'],
	'azure-monitor/03-common-alert-schema.json': ['Sev3', 'informational', '2019-03-22T14:03:16.224Z'],
	'cloudwatch-sns/01-cloudwatch-insufficient-data.json': [null, null, '2019-05-13T08:41:43.548Z'],
	'cloudwatch-sns/02-lambda-single-metric.json': [null, null, '2015-06-03T17:43:27.123Z'],
	'cloudwatch-sns/03-lambda-multiple-metrics.json': [null, null, '2015-06-03T17:43:27.123Z'],
	'datadog/01-webhook-triggered.json': [null, null, '2020-06-03T20:43:05.000Z'],
	'gcp-monitoring/01-stackdriver-open.json': [null, null, '2017-07-06T19:10:14.000Z'],
	// The epoch in the id of the search was masked by its publisher.
	'splunk/01-alert-action-webhook.json': [null, null, null],
	'server-storage/01-vcenter-others-tests-example1-type-6.log': ['info', 'informational', '2024-02-12T10:41:48.631Z'],
	// Veeam's severity and time stand in the syslog header, which these lines have lost.
	'server-storage/02-veeam-event-08.log': [null, null, null],
	'server-storage/03-veeam-event-18.log': [null, null, null],
	'server-storage/04-veeam-event-02.log': [null, null, null],
	'server-storage/05-newrelic-high-cpu.json': ['CRITICAL', 'critical', '2025-11-07T11:36:28.770Z'],
};
