import { describe, expect, test } from 'vitest';
import { apiPath, findBase, pagePath, parseRoute } from '../../src/base/paths';

describe('findBase', () => {
	test.each([
		['/workbench', '/workbench'],
		['/workbench/', '/workbench'],
		['/workbench/traces/0af7651916cd43dd8448eb211c80319c', '/workbench'],
		['/tools/rohas/workbench', '/tools/rohas/workbench'],
		['/tools/rohas/workbench/logs', '/tools/rohas/workbench'],
		['/workbench/of/our/workbench/traces', '/workbench/of/our/workbench'],
		['/', ''],
		['/workbenches/traces', ''],
	])('of %s is "%s"', (pathname, base) => {
		expect(findBase(pathname)).toBe(base);
	});
});

describe('apiPath', () => {
	test('is the sibling of the base', () => {
		expect(apiPath('/tools/rohas/workbench', '/telemetry/traces')).toBe('/tools/rohas/telemetry/traces');
		expect(apiPath('/workbench', '/telemetry/traces')).toBe('/telemetry/traces');
		expect(apiPath('', '/telemetry/traces')).toBe('/telemetry/traces');
	});
});

describe('parseRoute', () => {
	const base = '/tools/workbench';
	test.each([
		['/tools/workbench', { page: 'traces', id: '' }],
		['/tools/workbench/', { page: 'traces', id: '' }],
		['/tools/workbench/traces', { page: 'traces', id: '' }],
		['/tools/workbench/traces/ABCDEF', { page: 'trace', id: 'abcdef' }],
		['/tools/workbench/logs', { page: 'logs', id: '' }],
		['/tools/workbench/metrics/', { page: 'metrics', id: '' }],
		['/tools/workbench/overview', { page: 'overview', id: '' }],
		['/tools/workbench/trace', { page: 'missing', id: '' }],
		['/tools/workbench/logs/more', { page: 'missing', id: '' }],
		['/tools/workbench/traces/a/b', { page: 'missing', id: '' }],
	])('reads %s', (pathname, route) => {
		expect(parseRoute(pathname, base)).toEqual(route);
	});

	test('survives a malformed escape', () => {
		expect(parseRoute('/workbench/traces/%zz', '/workbench')).toEqual({ page: 'trace', id: '%zz' });
	});
});

test('pagePath escapes what a trace is called', () => {
	expect(pagePath('/workbench', 'trace', 'a/b')).toBe('/workbench/traces/a%2Fb');
});
