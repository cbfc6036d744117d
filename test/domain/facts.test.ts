import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {Ajv} from 'ajv';
import {createResultStore} from '../../source/adapters/store/result-store.js';
import {statusSchema} from '../../source/cli/reports/status-schema.js';
import {checkMethods} from '../../source/domain/check-method.js';
import {type FactName, facts, fitsFact, isFactCarriedBy, nodeFactNames} from '../../source/domain/facts.js';
import {wrongDetail} from '../../source/domain/remote/parse-documents.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const names = Object.keys(facts) as FactName[];
/** A value that no fact may have. */
const misfit = () => undefined;

const details = {
	method: 'api',
	message: 'API is responding',
	state: 'up',
	latency_ms: 1,
	last_check: '2026-11-23T20:00:00.000Z',
	url: 'http://127.0.0.1:18083/json_rpc',
} as const;

test('the JSON Schema has every fact that a method carries, except those without a promise', () => {
	const described = Object.keys(statusSchema.$defs.node.properties.details.properties);
	const promised = names.filter(
		name => facts[name].json !== undefined && checkMethods.some(method => isFactCarriedBy(name, method)),
	);
	assert.deepEqual(described, ['method', ...promised]);
});

test('refuses facts of the wrong type from another host', () => {
	for (const name of names) {
		assert.equal(wrongDetail({...details, [name]: misfit}), name);
	}
});

test('ignores facts of the wrong type in results.json', t => {
	const folder = temporaryFolder(t);
	const optional = names.filter(name => !Object.hasOwn(details, name));
	const odd = Object.fromEntries(optional.map(name => [name, null]));
	const nodes = {1: {worked: true, worked_data: {...details, ...odd, new_fact: null}}};
	writeFileSync(path.join(folder, 'results.json'), JSON.stringify({schema_version: 1, transitions_bytes: 0, nodes}));
	const nodeStates = createResultStore(folder, () => Date.parse('2026-11-23T20:00:01Z')).read();
	assert.deepEqual(nodeStates.get(1)?.worked_data, {...details, new_fact: null});
});

test('a full check reports the same details of a node as an API check', () => {
	const both = names.filter(name => isFactCarriedBy(name, 'api') && isFactCarriedBy(name, 'full'));
	const expected = both.filter(name => facts[name].group !== 'common');
	assert.deepEqual([...nodeFactNames].sort(), expected.sort());
});

const units: ReadonlyArray<readonly [ending: RegExp, unit: string]> = [
	[/_ms$/, 'ms'],
	[/_bytes_per_s$/, 'bytes/s'],
	[/_per_s$/, 'blocks/s'],
	[/_bytes$/, 'bytes'],
	[/_(?:eta|age)_s$|^eta_s$/, 's'],
	[/_(?:height|lag|from|to)$/, 'blocks'],
];

test('the name of a fact gives its unit', () => {
	for (const name of names) {
		const expected = units.find(([ending]) => ending.test(name))?.[1];
		assert.ok(expected === undefined || facts[name].unit === expected, name);
	}
});

test('accepts only ISO times, and any word where later versions may add values', () => {
	assert.deepEqual(
		[
			'2026-11-23T20:00:00.000Z',
			'2026-11-23T20:00:00Z',
			'2026-11-23',
			'1970-01-01T00:00:00Z',
			'2026-99-23T20:00:00Z',
		].map(value => fitsFact('started_at', value)),
		[true, true, false, false, false],
	);
	assert.equal(fitsFact('container_engine', 'something new'), true);
	assert.equal(fitsFact('not_yet_known', misfit), true);
});

/** All schemas within a schema, itself first. */
function schemasIn(schema: object): readonly object[] {
	const parts = Object.values(schema).filter(part => typeof part === 'object' && part !== null && !Array.isArray(part));
	return [schema, ...parts.flatMap(schemasIn)];
}

test('every JSON Schema is valid, is met by some values and not by others, and has no empty description', () => {
	const ajv = new Ajv({strict: true, strictRequired: false, strictTypes: false, formats: {'date-time': true}});
	const values = [true, 'text', '2026-11-23T20:00:00.000Z', -1, 0, 7, 1.5, {}, [], null];
	for (const name of names) {
		const {json} = facts[name];
		if (json === undefined) {
			continue;
		}

		const isMetBy = ajv.compile(json);
		const met = values.filter(value => isMetBy(value));
		assert.ok(met.length < 5, `${name}: ${JSON.stringify(json)} is met by ${JSON.stringify(met)}`);
		for (const part of schemasIn(json)) {
			assert.equal('description' in part && part.description === '', false, name);
		}
	}
});

test('the schemas of structured facts name the parts that are always present', () => {
	const ajv = new Ajv({strict: true, strictRequired: false, strictTypes: false, formats: {'date-time': true}});
	const isMet = (name: FactName, value: unknown): boolean => ajv.compile(facts[name].json ?? {})(value);
	const found = {pid_alive: true, port_in_use: true, api_responding: false};
	assert.equal(isMet('summary', found), true);
	for (const part of Object.keys(found)) {
		const {[part as keyof typeof found]: _, ...without} = found;
		assert.equal(isMet('summary', without), false, part);
	}

	assert.equal(isMet('work', {cpu_ms: 1, context_switches: 2, worked_at: '2026-11-23T20:00:00.000Z'}), true);
	assert.equal(isMet('work', {}), false);
	assert.equal(isMet('work', {cpu_ms: 1, context_switches: 1.5}), false);
	assert.equal(isMet('work', {cpu_ms: 1, major_faults: -1}), false);
	assert.equal(isMet('rungs', [{rung: 'tcp', state: 'passed', reason: 'text'}]), true);
	for (const wrong of [{rung: 'tcp'}, {state: 'passed'}, {rung: 'odd', state: 'passed'}, {rung: 'tcp', state: 'odd'}]) {
		assert.equal(isMet('rungs', [wrong]), false, JSON.stringify(wrong));
	}

	const part = {status: true, details: {message: '', state: 'up'}};
	const whole = {pid: part, port: part, api: part, wallet: part};
	assert.equal(isMet('checks', whole), true);
	for (const wrong of [
		{},
		{...whole, pid: {}},
		{...whole, pid: {...part, status: 7}},
		{...whole, pid: {...part, details: {}}},
	]) {
		assert.equal(isMet('checks', wrong), false, JSON.stringify(wrong));
	}
});
