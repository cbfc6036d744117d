import {parseHost, parsePort} from './daemon-address.js';
import {type ProgramFacts, programName} from './wallet-process.js';

/** Where a program passes connections on to. */
export interface RelayTarget {
	/** An address or a name, as the program's own network namespace knows it. */
	readonly host: string;
	readonly port: number;
}

/**
 * Where a program that listens passes connections on to, where its command line says so: docker-proxy, socat and
 * systemd-socket-proxyd. Where an ssh tunnel leads is known to the other end only.
 */
export function relayTargets(program: ProgramFacts): readonly RelayTarget[] {
	const args = program.argv.slice(1);
	switch (programName(program)) {
		case 'docker-proxy':
			return targetOf(flagValue(args, 'container-ip'), flagValue(args, 'container-port'));
		case 'socat':
		case 'socat1':
			return args.flatMap(socatTarget);
		case 'systemd-socket-proxyd':
			return args.slice(-1).flatMap(text => hostAndPort(text));
		default:
			return [];
	}
}

function flagValue(args: readonly string[], name: string): string | undefined {
	const index = args.findIndex(argument => argument.replace(/^--?/, '').split('=')[0] === name);
	const argument = args[index] ?? '';
	return index === -1
		? undefined
		: argument.includes('=')
			? argument.slice(argument.indexOf('=') + 1)
			: args[index + 1];
}

/** `TCP:host:port,option`, in its many spellings. */
function socatTarget(text: string): readonly RelayTarget[] {
	const [, address] = /^(?:tcp|tcp4|tcp6|tcp-connect|tcp4-connect|tcp6-connect):([^,]+)/i.exec(text) ?? [];
	return address === undefined ? [] : hostAndPort(address);
}

function hostAndPort(text: string): readonly RelayTarget[] {
	const [, host, port] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(text) ?? [];
	return targetOf(host, port);
}

function targetOf(hostText: string | undefined, portText: string | undefined): readonly RelayTarget[] {
	const host = parseHost(hostText ?? '');
	const port = parsePort(portText ?? '');
	return host === undefined || port === undefined ? [] : [{host, port}];
}
