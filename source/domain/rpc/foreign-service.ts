/** What listens on a port where a monero-wallet-rpc or a monerod was expected, as far as it says so by itself. */
export type ForeignService =
	/** ZeroMQ's protocol (ZMTP): on a monerod's machine, its `--zmq-rpc-bind-port` or `--zmq-pub`. */
	'zmq' | 'monero_p2p' | 'stratum' | 'moneropay' | 'tor' | 'ssh' | 'mail' | 'ftp' | 'mysql' | 'vnc' | 'redis';

const words: Readonly<Record<ForeignService, string>> = {
	zmq: 'a ZMQ port of monerod',
	monero_p2p: 'the P2P port of monerod',
	stratum: 'a mining server (Stratum)',
	moneropay: 'MoneroPay',
	tor: 'the SOCKS port of Tor',
	ssh: 'an SSH server',
	mail: 'a mail server',
	ftp: 'an FTP server',
	mysql: 'a MySQL or MariaDB server',
	vnc: 'a VNC server',
	redis: 'a Redis server',
};

/** The service with its article, as in "this is an SSH server". */
export const serviceText = (service: ForeignService): string => words[service];

/** What each service's first bytes begin with, where they are not text. `undefined` stands for any byte. */
const binary: ReadonlyArray<readonly [readonly (number | undefined)[], ForeignService]> = [
	// ZMTP 2 and later: ff, eight bytes of length, 7f. https://rfc.zeromq.org/spec/23/
	[[0xff, 0], 'zmq'],
	// The signature of Levin packets, 0x0101010101012101 in little-endian order.
	[[1, 0x21, 1, 1, 1, 1, 1, 1], 'monero_p2p'],
	// The length of the packet, its number 0, and the version of the protocol.
	[[undefined, 0, 0, 0, 10], 'mysql'],
];

/** What each service's first line looks like. */
const lines: ReadonlyArray<readonly [RegExp, ForeignService]> = [
	[/^SSH-\d/, 'ssh'],
	[/^220[ -].*FTP/i, 'ftp'],
	[/^(?:220[ -]|\* OK\b|\+OK\b)/, 'mail'],
	[/^RFB \d/, 'vnc'],
	[/^-(?:ERR|NOAUTH|DENIED)\b/, 'redis'],
	[/^\{.*"(?:jsonrpc|error|result|method)"/, 'stratum'],
];

/** Names a service by bytes that are not HTTP, whether it sent them by itself or for an answer. */
export function recogniseService(bytes: Uint8Array): ForeignService | undefined {
	const text = String.fromCharCode(...bytes.subarray(0, 256));
	const isBinary = (start: readonly (number | undefined)[]): boolean =>
		start.every((byte, index) => byte === undefined || byte === bytes[index]);
	return (binary.find(([start]) => isBinary(start)) ?? lines.find(([line]) => line.test(text)))?.[1];
}

/** Names a service that answers in HTTP, by its status line and its `Server` header. */
export function recogniseHttpService(statusText: string, server: string | undefined): ForeignService | undefined {
	if (server?.startsWith('MoneroPay/')) {
		return 'moneropay';
	}

	return statusText === 'Tor is not an HTTP Proxy' ? 'tor' : undefined;
}
