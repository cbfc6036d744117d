import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {readExample} from './example-files.js';
import {findProgram, startOnFreePort, startProcess} from './real-process.js';
import {temporaryFolder} from './temporary-folder.js';

/** A running Prometheus. */
export interface RealPrometheus {
	readonly port: number;
	/** The URL for `--connect`. */
	readonly url: string;
	/** Runs an instant query. @returns the first value as text */
	readonly value: (query: string) => Promise<string | undefined>;
}

/** Starts a Prometheus, which is stopped after the test. @param files additional files by name, written beside its configuration */
export async function startPrometheus(
	t: TestContext,
	config: string,
	{files = {}, dataFolder = temporaryFolder(t), args = []}: PrometheusOptions = {},
): Promise<RealPrometheus> {
	const folder = temporaryFolder(t);
	const configFile = path.join(folder, 'prometheus.yml');
	for (const [name, text] of Object.entries({...files, 'prometheus.yml': config})) {
		writeFileSync(path.join(folder, name), text);
	}

	mkdirSync(dataFolder, {recursive: true});
	const port = await startServer(t, 'prometheus', folder, at => [
		`--config.file=${configFile}`,
		`--storage.tsdb.path=${dataFolder}`,
		`--web.listen-address=127.0.0.1:${at}`,
		...args,
	]);
	const value = async (query: string): Promise<string | undefined> => {
		const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`);
		const {data} = (await answer.json()) as {
			readonly data: {readonly result: ReadonlyArray<{value: [number, string]}>};
		};
		return data.result[0]?.value[1];
	};

	return {port, url: `prometheus+http://127.0.0.1:${port}`, value};
}

interface PrometheusOptions {
	readonly files?: Readonly<Record<string, string>>;
	/** The folder of its database. */
	readonly dataFolder?: string;
	readonly args?: readonly string[];
}

/** A Prometheus configuration that scrapes ports of this machine every second. */
export function scrapeConfig(ports: readonly number[]): string {
	const targets = ports.map(port => `'127.0.0.1:${port}'`).join(', ');
	return [
		'global: {scrape_interval: 1s, scrape_timeout: 1s}',
		`scrape_configs: [{job_name: xmrtop, static_configs: [{targets: [${targets}]}]}]`,
		'',
	].join('\n');
}

/** Starts an Alertmanager with the example configuration, without real receivers. @returns its port */
export async function startAlertmanager(t: TestContext): Promise<number> {
	const folder = temporaryFolder(t);
	const config = path.join(folder, 'alertmanager.yml');
	writeFileSync(config, readExample('alertmanager/alertmanager.yml'));
	return startServer(t, 'prometheus-alertmanager', folder, port => [
		`--config.file=${config}`,
		`--storage.path=${folder}`,
		`--web.listen-address=127.0.0.1:${port}`,
		'--cluster.listen-address=',
	]);
}

/** Starts a server and waits until its `/-/ready` succeeds. It is stopped after the test. @returns its port */
export async function startServer(
	t: TestContext,
	program: string,
	folder: string,
	argsAt: (port: number) => readonly string[],
): Promise<number> {
	const {process: server, port} = await startOnFreePort(
		at => startProcess(findProgram(program) ?? program, argsAt(at), {cwd: folder, home: folder}),
		isReady,
	);
	t.after(server.stop);
	return port;
}

async function isReady(port: number): Promise<boolean> {
	try {
		return (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
	} catch {
		return false;
	}
}
